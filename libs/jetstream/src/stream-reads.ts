import { randomUUID } from 'node:crypto';
import { AckPolicy, DeliverPolicy, type JsMsg, type StoredMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Broker } from './broker.js';
import { fromWireHeaders } from './headers.js';
import { retryTransient } from './transient.js';

/** A message as its stream holds it. */
export interface StoredMessage {
  readonly subject: string;
  /** The message's number in its stream. */
  readonly sequence: number;
  /** When the broker stored it. */
  readonly time: Date;
  /** First value of each header. */
  readonly headers: Record<string, string>;
  readonly payload: Uint8Array;
}

/**
 * The last message of one subject, read from the stream's leader: it sees every write that was acknowledged before.
 * @param subject without wildcards
 * @returns `undefined` when the stream holds none
 * @throws what the API answered: the stream is missing, or nobody answered in 5 s
 */
export async function lastMessageFor(broker: Broker, stream: string, subject: string): Promise<StoredMessage | undefined> {
  const stored = await retryTransient(() => broker.streamManager.streams.getMessage(stream, { last_by_subj: subject }));
  return stored === null ? undefined : fromStored(stored);
}

/** The message with this number, from the stream's leader; `undefined` when it is not there (any more). */
export async function messageAt(broker: Broker, stream: string, sequence: number): Promise<StoredMessage | undefined> {
  const stored = await retryTransient(() => broker.streamManager.streams.getMessage(stream, { seq: sequence }));
  return stored === null ? undefined : fromStored(stored);
}

/** Which messages to read. */
export interface MessagesForOptions {
  /** At most so many, the oldest first; default all. */
  readonly limit?: number;
  /** Only from this sequence on. */
  readonly fromSequence?: number;
  /** Only the last message of each subject. */
  readonly lastPerSubject?: boolean;
  readonly signal?: AbortSignal;
}

const PULL_EXPIRES_MS = 2_000;
const BATCH = 500;
/** @source nats-facts.md: without a limit of its own such a consumer would outlive a crashed reader for ever */
const INACTIVE_THRESHOLD_MS = 30_000;

/**
 * Every stored message of a subject, in the stream's order. What is stored while it reads may or may not be among them.
 * @param subject wildcards allowed
 * @throws what the API answered, or the reason of the signal
 */
export async function messagesFor(
  broker: Broker,
  stream: string,
  subject: string,
  options: MessagesForOptions = {},
): Promise<StoredMessage[]> {
  const found = await retryTransient(() => readAll(broker, stream, subject, options), { signal: options.signal });
  options.signal?.throwIfAborted();
  return found;
}

async function readAll(broker: Broker, stream: string, subject: string, options: MessagesForOptions): Promise<StoredMessage[]> {
  const { consumers } = broker.streamManager;
  const start =
    options.fromSequence === undefined
      ? { deliver_policy: options.lastPerSubject ? DeliverPolicy.LastPerSubject : DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, options.fromSequence) };
  const info = await consumers.add(stream, {
    ...start,
    name: `read-${randomUUID()}`,
    filter_subject: subject,
    ack_policy: AckPolicy.None,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(INACTIVE_THRESHOLD_MS),
  });
  const wanted = Math.min(info.num_pending, options.limit ?? Infinity);
  const found: StoredMessage[] = [];
  try {
    const consumer = broker.streamClient.consumers.getConsumerFromInfo(info);
    while (found.length < wanted && !options.signal?.aborted) {
      const before = found.length;
      const batch = await consumer.fetch({ max_messages: Math.min(BATCH, wanted - found.length), expires: PULL_EXPIRES_MS });
      for await (const message of batch) {
        found.push(fromDelivered(message));
        // Messages may have been removed since they were counted: the last one says that nothing waits behind it.
        if (message.info.pending === 0) return found;
      }
      if (found.length === before) return found;
    }
    return found;
  } finally {
    void consumers.delete(stream, info.name).catch(() => undefined);
  }
}

function fromStored(stored: StoredMsg): StoredMessage {
  const { subject, seq, time, header, data } = stored;
  return { subject, sequence: seq, time, headers: fromWireHeaders(header), payload: data };
}

function fromDelivered(message: JsMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    time: message.time,
    headers: fromWireHeaders(message.headers),
    payload: message.data,
  };
}
