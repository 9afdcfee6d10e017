import { BUCKETS, councilKey, rosterKey } from '@whoosh/council-contracts';
import { type Broker, DocumentBucket } from '@whoosh/jetstream';
import type { RosterDocument } from '../deliveries/roster.document.js';
import type { CouncilDocument } from './council.js';
import type { CouncilRevision, CouncilStore, Stored } from './council.store.js';

/** What the bucket `chorus_councils` holds: a council under its id, its delivery record beside it. */
export type CouncilBucketEntry = CouncilDocument | RosterDocument;

/** The bucket's documents as JSON. Written by coordinators only, so they are read without validation beyond their shape. */
export function councilBucket(broker: Broker): DocumentBucket<CouncilBucketEntry> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const encoder = new TextEncoder();
  return new DocumentBucket<CouncilBucketEntry>(broker, BUCKETS.councils.name, {
    encode: (value) => encoder.encode(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(decoder.decode(bytes)) as CouncilBucketEntry,
  });
}

/** Whether an entry of the bucket is a council (and not a delivery record). */
export function isCouncil(entry: CouncilBucketEntry): entry is CouncilDocument {
  return 'status' in entry && 'roles' in entry;
}

/** Whether an entry of the bucket is a delivery record. */
export function isRoster(entry: CouncilBucketEntry): entry is RosterDocument {
  return 'expected' in entry && !('status' in entry);
}

/** Councils in the JetStream bucket `chorus_councils`. */
export class KvCouncilStore implements CouncilStore {
  constructor(private readonly bucket: DocumentBucket<CouncilBucketEntry>) {}

  create(council: CouncilDocument): Promise<number> {
    return this.bucket.create(councilKey(council.council_id), council);
  }

  async get(councilId: string): Promise<Stored<CouncilDocument> | undefined> {
    const entry = await this.bucket.get(councilKey(councilId));
    return entry !== undefined && isCouncil(entry.value) ? { value: entry.value, revision: entry.revision } : undefined;
  }

  update(council: CouncilDocument, expectedRevision: number): Promise<number> {
    return this.bucket.update(councilKey(council.council_id), council, expectedRevision);
  }

  async history(councilId: string): Promise<CouncilRevision[]> {
    const entries = await this.bucket.history(councilKey(councilId));
    return entries.flatMap(({ value, revision, createdAt }) =>
      value !== undefined && isCouncil(value) ? [{ value, revision, storedAt: createdAt }] : [],
    );
  }

  async getRoster(councilId: string): Promise<Stored<RosterDocument> | undefined> {
    const entry = await this.bucket.get(rosterKey(councilId));
    return entry !== undefined && isRoster(entry.value) ? { value: entry.value, revision: entry.revision } : undefined;
  }

  createRoster(roster: RosterDocument): Promise<number> {
    return this.bucket.create(rosterKey(roster.council_id), roster);
  }

  updateRoster(roster: RosterDocument, expectedRevision: number): Promise<number> {
    return this.bucket.update(rosterKey(roster.council_id), roster, expectedRevision);
  }

  async rosterHistory(councilId: string): Promise<RosterDocument[]> {
    const entries = await this.bucket.history(rosterKey(councilId));
    return entries.flatMap(({ value }) => (value !== undefined && isRoster(value) ? [value] : []));
  }
}
