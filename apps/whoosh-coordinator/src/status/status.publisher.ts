import {
  type CouncilStatusUpdate,
  CouncilStatusUpdate as StatusMessage,
  decode,
  encode,
  statusHeaders,
  statusMessageId,
  statusSubject,
  STREAMS,
  SUBJECTS,
} from '@whoosh/council-contracts';
import { type Broker, type JetStreamPublisher, lastMessageFor, WrongLastSequenceError } from '@whoosh/jetstream';
import type { Logger } from '@whoosh/service-runtime';
import type { CouncilDocument } from '../councils/council.js';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import { statusUpdateOf } from './status-update.js';

interface Position {
  readonly sequence: number;
  readonly revision: number;
}

/** What the publisher works with. */
export interface StatusPublisherParts {
  readonly broker: Broker;
  readonly publisher: JetStreamPublisher;
  readonly metrics: CoordinatorMetrics;
}

/**
 * Publishes councils' statuses so that the last message of a council's subject is always its newest revision, whichever replicas
 * publish: each message names the one it follows, and an older revision is never stored after a newer one.
 */
export class StatusPublisher {
  private readonly positions = new Map<string, Position>();
  private readonly waiting = new Map<string, () => void>();
  private readonly turns = new Map<string, Promise<void>>();

  constructor(
    private readonly parts: StatusPublisherParts,
    private readonly logger: Logger,
  ) {}

  /**
   * Publishes the revision a moment later, or when the next one is published: for a status that nobody waits for, sent while every
   * agent is busy with the announcement itself.
   */
  publishSoon(council: CouncilDocument, revision: number): void {
    const id = council.council_id;
    const publish = () => {
      clearTimeout(timer);
      this.waiting.delete(id);
      void this.publish(council, revision);
    };
    const timer = setTimeout(publish, SOON_MS);
    timer.unref();
    this.waiting.set(id, publish);
  }

  /** Publishes the revision unless it, or a newer one, is out. @returns when it is; an error is logged and the sweeper tries again */
  publish(council: CouncilDocument, revision: number): Promise<void> {
    const id = council.council_id;
    this.waiting.get(id)?.();
    const turn = (this.turns.get(id) ?? Promise.resolve()).then(() => this.inTurn(council, revision));
    this.turns.set(id, turn);
    return turn.finally(() => {
      if (this.turns.get(id) === turn) this.turns.delete(id);
    });
  }

  /** Whether a status of the council is being published, or about to be. */
  isUnderWay(councilId: string): boolean {
    return this.turns.has(councilId) || this.waiting.has(councilId);
  }

  /** Whether this revision, or a newer one, is out. Read from the broker when this replica has not published it. */
  async isPublished(councilId: string, revision: number): Promise<boolean> {
    const known = this.positions.get(councilId)?.revision ?? 0;
    return known >= revision || (await this.read(councilId)).revision >= revision;
  }

  /** A final council is not published any more. */
  forget(councilId: string): void {
    this.positions.delete(councilId);
  }

  private async inTurn(council: CouncilDocument, revision: number): Promise<void> {
    const update = statusUpdateOf(council, revision);
    try {
      let position = this.positions.get(council.council_id) ?? (await this.read(council.council_id));
      while (position.revision < revision) {
        try {
          await this.store(update, council.traceparent, position.sequence);
          return;
        } catch (error) {
          if (!(error instanceof WrongLastSequenceError)) throw error;
          position = await this.read(council.council_id);
        }
      }
    } catch (error) {
      this.parts.metrics.publishFailed();
      this.logger.warn({ council_id: council.council_id, revision, error }, 'Publishing the council status failed; it is tried again');
    }
  }

  private async store(update: CouncilStatusUpdate, traceparent: string | undefined, after: number): Promise<void> {
    const receipt = await this.parts.publisher.publish(statusSubject(update.council_id), encode(update), {
      messageId: statusMessageId(update.council_id, update.revision),
      headers: statusHeaders(update, traceparent),
      expectStream: STREAMS.councils.name,
      expectLastSubjectSequence: after,
    });
    this.positions.set(update.council_id, { sequence: receipt.sequence, revision: update.revision });
    this.parts.metrics.published(SUBJECTS.status.pattern);
    const { council_id, status, revision } = update;
    this.logger.info({ council_id, status, revision, subject: statusSubject(council_id) }, 'Published council status update to NATS');
  }

  private async read(councilId: string): Promise<Position> {
    const last = await lastMessageFor(this.parts.broker, STREAMS.councils.name, statusSubject(councilId));
    const position =
      last === undefined
        ? { sequence: 0, revision: 0 }
        : { sequence: last.sequence, revision: decode(StatusMessage, last.payload).revision };
    this.positions.set(councilId, position);
    return position;
  }
}

/** Longer than an announcement takes to be answered, shorter than anybody notices. */
const SOON_MS = 150;
