import { JetStreamApiError, type PubAck } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import { headerBytes, toWireHeaders, type OutgoingHeaders } from './headers.js';
import { PublishRefusedError, PublishUnknownError, WrongLastSequenceError } from './publish.errors.js';
import { lastMessageFor, messageAt, messagesFor, type StoredMessage } from './stream-reads.js';
import { isNoResponders, isTransient } from './transient.js';
import { atMost, backoffMs, pause } from './wait.js';

/** What to publish beside subject and bytes. */
export interface PublishOptions {
  /** From the fact that is told, never random: the stream stores it once in its duplicate window. */
  readonly messageId: string;
  readonly headers?: OutgoingHeaders;
  /** Milliseconds for all attempts together; default the publisher's. */
  readonly deadlineMs?: number;
  /** Store only when the subject's last message has this sequence; 0: only when there is none. */
  readonly expectLastSubjectSequence?: number;
  /** Store only in this stream. Needed for certainty when an acknowledgement gets lost. */
  readonly expectStream?: string;
}

/** Where a message is stored. */
export interface PublishReceipt {
  readonly stream: string;
  readonly sequence: number;
  /** Whether it had been stored before under this id. */
  readonly duplicate: boolean;
}

const MESSAGE_ID = 'Nats-Msg-Id';
const RETRY = { baseMs: 50, capMs: 1_000 };
const WRONG_LAST_SEQUENCE = new Set<number>([10071, 10164]);
const TOO_LARGE_FOR_STREAM = 10054;

type Attempt = { readonly receipt: PublishReceipt } | { readonly failure: unknown };

/** Publishes into streams and returns only when the broker says that the message is stored. */
export class JetStreamPublisher {
  private readonly deadlineMs: number;

  constructor(
    private readonly broker: Broker,
    options: { readonly deadlineMs?: number } = {},
  ) {
    this.deadlineMs = options.deadlineMs ?? 5_000;
  }

  /** The broker's limit for headers and payload together. */
  get maxPayloadBytes(): number {
    return this.broker.serverInfo.maxPayloadBytes;
  }

  /**
   * Publishes, and repeats under the same id, with growing pauses, until the broker acknowledges or the deadline is over.
   * @throws PublishRefusedError when it is certainly not stored
   * @throws PublishUnknownError when that is unknown
   * @throws WrongLastSequenceError when `expectLastSubjectSequence` did not hold, and it was not this very message that broke it
   */
  async publish(subject: string, payload: Uint8Array, options: PublishOptions): Promise<PublishReceipt> {
    const deadlineMs = options.deadlineMs ?? this.deadlineMs;
    const until = Date.now() + deadlineMs;
    this.refuseOversized(subject, payload, options);
    let sent = 0;
    let unanswered = 0;
    let failure: unknown;
    for (let failures = 1; ; failures += 1) {
      if (!this.broker.isConnected()) await this.connectedBy(until);
      if (this.broker.isConnected()) {
        sent += 1;
        const attempt = await this.attempt(
          subject,
          payload,
          options,
          Math.max(50, Math.min(this.broker.requestTimeoutMs, until - Date.now())),
        );
        if ('receipt' in attempt) return attempt.receipt;
        failure = attempt.failure;
        if (!isNoResponders(failure)) unanswered += 1;
      }
      const waitMs = backoffMs(failures, RETRY);
      if (Date.now() + waitMs >= until) break;
      await pause(waitMs);
    }
    if (unanswered > 0) return this.decideUnanswered(subject, options, { deadlineMs, attempts: sent, failure });
    throw notStored(subject, sent, deadlineMs, failure);
  }

  /** What is published without a connection would wait in the client, to be sent who knows when: so it is kept here. */
  private async connectedBy(until: number): Promise<void> {
    const waiting = new AbortController();
    await atMost(until - Date.now(), this.broker.whenConnected(waiting.signal));
    waiting.abort();
  }

  private async attempt(subject: string, payload: Uint8Array, options: PublishOptions, timeoutMs: number): Promise<Attempt> {
    const { messageId, expectStream, expectLastSubjectSequence } = options;
    let ack: PubAck;
    try {
      ack = await this.broker.streamClient.publish(subject, payload, {
        msgID: messageId,
        timeout: timeoutMs,
        headers: toWireHeaders(options.headers),
        expect: { streamName: expectStream, lastSubjectSequence: expectLastSubjectSequence },
      });
    } catch (failure) {
      if (failure instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(failure.code))
        return this.decideWrongLast(subject, options, failure);
      if (isTransient(failure)) return { failure };
      throw refusal(subject, failure, payload.length);
    }
    const receipt = { stream: ack.stream, sequence: ack.seq, duplicate: ack.duplicate };
    if (receipt.duplicate) await this.verifyDuplicate(subject, messageId, receipt);
    return { receipt };
  }

  /** @source nats-facts.md: some versions answer a repeated compare-and-set with "wrong last sequence" for one's own write */
  private async decideWrongLast(subject: string, options: PublishOptions, cause: JetStreamApiError): Promise<Attempt> {
    const expected = options.expectLastSubjectSequence ?? 0;
    const own = await this.findOwn(subject, options).catch(() => undefined);
    if (own === undefined) throw new WrongLastSequenceError(subject, expected, cause);
    return { receipt: own };
  }

  private async decideUnanswered(
    subject: string,
    options: PublishOptions,
    tried: { deadlineMs: number; attempts: number; failure: unknown },
  ): Promise<PublishReceipt> {
    const own = this.broker.isConnected() ? await this.findOwn(subject, options).catch(() => undefined) : undefined;
    if (own !== undefined) return own;
    throw new PublishUnknownError(subject, options.messageId, tried.deadlineMs, tried.attempts, tried.failure);
  }

  /** Looks in the stream whether this message is stored: as the subject's last one, or, for a compare-and-set, after the expected one. */
  private async findOwn(subject: string, options: PublishOptions): Promise<PublishReceipt | undefined> {
    const { messageId, expectStream: stream, expectLastSubjectSequence: expected } = options;
    if (stream === undefined) return undefined;
    const isOwn = (message: StoredMessage): boolean => message.headers[MESSAGE_ID] === messageId;
    const last = await lastMessageFor(this.broker, stream, subject);
    if (last === undefined) return undefined;
    if (isOwn(last)) return { stream, sequence: last.sequence, duplicate: false };
    if (expected === undefined || last.sequence <= expected) return undefined;
    const since = await messagesFor(this.broker, stream, subject, { fromSequence: expected + 1 });
    const own = since.find(isOwn);
    return own === undefined ? undefined : { stream, sequence: own.sequence, duplicate: false };
  }

  /** @source nats-facts.md: "duplicate" is no proof. After a purge nothing is stored, and another sender may have used the id. */
  private async verifyDuplicate(subject: string, messageId: string, { stream, sequence }: PublishReceipt): Promise<void> {
    const stored = await messageAt(this.broker, stream, sequence);
    if (stored?.headers[MESSAGE_ID] === messageId && stored.subject === subject) return;
    // Superseded: the stream keeps only the subject's last messages, and it was one of them.
    if (stored === undefined && (await lastMessageFor(this.broker, stream, subject)) !== undefined) return;
    const found = stored === undefined ? 'nothing is there any more' : `another message is there (${stored.subject})`;
    throw new PublishRefusedError(
      subject,
      'duplicate_not_stored',
      `the broker calls id ${messageId} a duplicate of sequence ${sequence} in ${stream}, but ${found}. Publish under a new id.`,
    );
  }

  private refuseOversized(subject: string, payload: Uint8Array, options: PublishOptions): void {
    const limit = this.maxPayloadBytes;
    const actual = payload.length + headerBytes({ ...options.headers, [MESSAGE_ID]: options.messageId });
    if (limit === 0 || actual <= limit) return;
    throw new PublishRefusedError(subject, 'payload_too_large', tooLarge(actual, limit), { limit, actual });
  }
}

function tooLarge(actual: number, limit: number): string {
  return `with its headers it has ${actual} bytes, the broker allows ${limit}. Make it smaller, or raise the server's max_payload.`;
}

function notStored(subject: string, sent: number, deadlineMs: number, cause: unknown): PublishRefusedError {
  if (sent === 0)
    return new PublishRefusedError(subject, 'not_connected', `there was no connection to the broker for ${deadlineMs} ms.`, { cause });
  const detail = `no stream answers for this subject (tried for ${deadlineMs} ms). Create the stream, or check that JetStream has a leader.`;
  return new PublishRefusedError(subject, 'no_stream', detail, { cause });
}

function refusal(subject: string, cause: unknown, bytes: number): unknown {
  if (cause instanceof JetStreamApiError) {
    if (cause.code === TOO_LARGE_FOR_STREAM) {
      return new PublishRefusedError(subject, 'payload_too_large', `its ${bytes} bytes exceed the stream's limit (${cause.message}).`, {
        actual: bytes,
        cause,
      });
    }
    return new PublishRefusedError(subject, 'refused_by_stream', `the stream refuses it: ${cause.message} (${cause.code}).`, { cause });
  }
  if (/header|invalid character|crlf/i.test(messageOf(cause))) {
    return new PublishRefusedError(subject, 'invalid_header', `a header is not allowed: ${messageOf(cause)}.`, { cause });
  }
  if (cause instanceof errors.ClosedConnectionError || cause instanceof errors.DrainingConnectionError) {
    return new PublishRefusedError(subject, 'not_connected', 'the connection is closed.', { cause });
  }
  return cause;
}
