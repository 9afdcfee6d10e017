import { DEAD_LETTER_WILDCARD, SUBJECTS } from './subjects.js';
import { assertToken } from './token.js';

/** A stream, as data: whoever may create it reads the settings here. */
export interface StreamDefinition {
  readonly name: string;
  readonly subjects: readonly string[];
  /** After this time a message is removed, in milliseconds. */
  readonly maxAgeMs: number;
  /** How many messages are kept for each subject; undefined means no limit. */
  readonly maxMsgsPerSubject?: number;
  /** In this time a message id is stored once, in milliseconds; undefined means the server's default of 2 minutes. */
  readonly duplicateWindowMs?: number;
  /** Whether any replica may answer reads, at the price of stale answers. */
  readonly allowDirect: boolean;
  /**
   * How many consumers may exist. Said explicitly, because nats-server 2.15 allows 1,000 otherwise.
   * @source nats-facts.md: error 10026; cannot be changed later on 2.9 and 2.10
   */
  readonly maxConsumers: number;
  readonly description: string;
}

/** A key-value bucket, as data. */
export interface BucketDefinition {
  readonly name: string;
  /** How many values are kept for each key, 1 to 64. */
  readonly history: number;
  /** Garbage collection, in milliseconds; undefined means never. Never a decision about liveness. */
  readonly maxAgeMs?: number;
  /** Whether any replica may answer reads. False: decisions need to read their own writes. */
  readonly allowDirect: boolean;
  /** How many consumers (watchers) may exist on the stream behind the bucket. */
  readonly maxConsumers: number;
  readonly description: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * The streams of the protocol: file storage, limits retention, one replica or three on a cluster.
 * @source protocol.md, "Streams and buckets"
 */
export const STREAMS: Readonly<Record<'councils' | 'claims' | 'deadLetters', StreamDefinition>> = {
  councils: {
    name: 'CHORUS_COUNCILS',
    subjects: [SUBJECTS.forming.pattern, SUBJECTS.formingPerCouncil.pattern, SUBJECTS.status.pattern],
    maxAgeMs: 7 * DAY_MS,
    duplicateWindowMs: 10 * MINUTE_MS,
    allowDirect: true,
    maxConsumers: 20_000,
    description: 'Opportunities and changes of status. Each agent reads it with consumers of its own.',
  },
  claims: {
    name: 'CHORUS_CLAIMS',
    subjects: [SUBJECTS.claims.pattern],
    maxAgeMs: 7 * DAY_MS,
    maxMsgsPerSubject: 1,
    allowDirect: false,
    maxConsumers: 20_000,
    description: 'The last answer of each agent to each council: delivery receipt and bid in one.',
  },
  deadLetters: {
    name: 'CHORUS_DLQ',
    subjects: [DEAD_LETTER_WILDCARD],
    maxAgeMs: 30 * DAY_MS,
    allowDirect: false,
    maxConsumers: 1_000,
    description: 'Messages that somebody gave up on, with their original bytes and the reason.',
  },
};

/**
 * The key-value buckets of the protocol: file storage, one replica or three on a cluster.
 * @source protocol.md, "Streams and buckets"
 */
export const BUCKETS: Readonly<Record<'councils' | 'agents' | 'config', BucketDefinition>> = {
  councils: {
    name: 'chorus_councils',
    history: 64,
    allowDirect: false,
    maxConsumers: 1_000,
    description: 'One document for each council, and who was expected to answer. Coordinators only.',
  },
  agents: {
    name: 'chorus_agents',
    history: 1,
    maxAgeMs: DAY_MS,
    allowDirect: false,
    maxConsumers: 20_000,
    description: 'The last presence of each agent. Its age limit only removes the keys of agents that are long gone.',
  },
  config: {
    name: 'chorus_config',
    history: 64,
    allowDirect: false,
    maxConsumers: 20_000,
    description: 'How opportunities are broadcast, who changed it and why.',
  },
};

/**
 * The key of a council's document.
 * @throws InvalidTokenError when the id is no token
 */
export function councilKey(councilId: string): string {
  return assertToken(councilId, 'councilId');
}

/**
 * The key of a council's roster: who was expected to answer, per attempt. A token has no dot, so it never meets a document's key.
 * @throws InvalidTokenError when the id is no token
 */
export function rosterKey(councilId: string): string {
  return `${assertToken(councilId, 'councilId')}.roster`;
}

/**
 * The key of an agent's presence.
 * @throws InvalidTokenError when the id is no token
 */
export function agentKey(agentId: string): string {
  return assertToken(agentId, 'agentId');
}

/**
 * The subject on which the broker carries the values of one key, for whoever listens without a watcher.
 * @param bucket the name of the bucket
 * @param key a concrete key
 */
export function bucketKeySubject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`;
}
