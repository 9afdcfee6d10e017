import { randomUUID } from 'node:crypto';
import { AckPolicy, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import { DirectConsumerProvisioner } from './consumer-provisioner.js';
import { fromWireHeaders } from './headers.js';
import { operationOf, type DocumentOperation } from './kv-operation.js';
import { LiveConsumer } from './live-consumer.js';
import type { StartPolicy } from './start-policy.js';
import type { StoredMessage } from './stream-reads.js';
import { bucketStream } from './topology.js';

/** One change of a bucket. */
export interface DocumentChange<T> {
  readonly key: string;
  /** `undefined` when the document was deleted, or cannot be decoded. */
  readonly value?: T;
  readonly revision: number;
  readonly createdAt: Date;
  readonly operation: DocumentOperation;
  /** Why the value cannot be decoded. */
  readonly error?: Error;
}

/** What to follow, and who is told. */
export interface WatchOptions<T> {
  /** Keys, wildcards allowed; default all. */
  readonly key?: string;
  /** Every change from this revision on; default the present value of each key, then every change. */
  readonly fromRevision?: number;
  /** Each change, in order. It must be quick; what it throws is logged. */
  onEntry(change: DocumentChange<T>): void;
  /** Everything that was there at the beginning has been told. */
  onCaughtUp?(): void;
  /** The bucket was deleted and created anew: forget what was told before, everything is told again. */
  onRecreated?(): void;
  /** Ends the watching. */
  readonly signal: AbortSignal;
}

/** A running watch. */
export interface WatchHandle {
  /** Resolves when everything that was there at the beginning has been told; rejects when the watch can never begin. */
  readonly caughtUp: Promise<void>;
  /** Resolves when the watch has ended. */
  readonly stopped: Promise<void>;
}

const INACTIVE_THRESHOLD_MS = 60_000;

/**
 * Follows a bucket with a consumer of its own that is created again after the last change seen.
 * Not the client's own watch: that is blind for 30–45 s after the broker was killed.
 */
export function watchBucket<T>(
  broker: Broker,
  bucket: string,
  decode: (key: string, message: StoredMessage) => T,
  options: WatchOptions<T>,
): WatchHandle {
  const stream = bucketStream(bucket);
  const prefix = `$KV.${bucket}.`;
  let lastSeen: number | undefined;
  let told = false;
  let resolveCaughtUp: () => void = () => undefined;
  let rejectCaughtUp: (error: unknown) => void = () => undefined;
  const caughtUp = new Promise<void>((resolve, reject) => {
    resolveCaughtUp = resolve;
    rejectCaughtUp = reject;
  });
  caughtUp.catch(() => undefined);
  const isCaughtUp = (): void => {
    if (told) return;
    told = true;
    options.onCaughtUp?.();
    resolveCaughtUp();
  };
  const onMessage = (message: JsMsg): void => {
    const sequence = message.info.streamSequence;
    if (lastSeen !== undefined && sequence <= lastSeen) return;
    lastSeen = sequence;
    try {
      options.onEntry(changeOf(message, prefix, decode));
    } catch (error) {
      broker.logger.error({ bucket, revision: sequence, err: error }, 'A watcher failed on a change of its bucket: the change is skipped');
    }
    if (message.info.pending === 0) isCaughtUp();
  };
  const start: StartPolicy =
    options.fromRevision === undefined ? { from: 'last-per-subject' } : { from: 'sequence', sequence: options.fromRevision };
  const consumer = new LiveConsumer({
    broker,
    logger: broker.logger,
    provisioner: new DirectConsumerProvisioner(broker),
    stream,
    identity: { kind: 'own', name: `watch-${randomUUID()}` },
    settings: {
      filter_subject: `${prefix}${options.key ?? '>'}`,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(INACTIVE_THRESHOLD_MS),
    },
    start,
    prefetch: 500,
    resumeAfter: () => lastSeen,
    onMessage,
    onStreamRecreated: () => {
      lastSeen = undefined;
      options.onRecreated?.();
    },
    onObtained: ({ num_pending: pending }) => {
      if (pending === 0) isCaughtUp();
    },
  });
  return { caughtUp, stopped: follow(consumer, options.signal, { bucket, broker, rejectCaughtUp }) };
}

async function follow(
  consumer: LiveConsumer,
  signal: AbortSignal,
  context: { bucket: string; broker: Broker; rejectCaughtUp: (error: unknown) => void },
): Promise<void> {
  try {
    await consumer.start(signal);
  } catch (error) {
    context.broker.logger.error({ bucket: context.bucket, error: messageOf(error) }, 'A bucket cannot be watched');
    context.rejectCaughtUp(error);
    return;
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await consumer.stopFlow();
  await consumer.remove();
  context.rejectCaughtUp(new Error(`The watch of ${context.bucket} was ended before it had caught up`));
}

function changeOf<T>(message: JsMsg, prefix: string, decode: (key: string, message: StoredMessage) => T): DocumentChange<T> {
  const key = message.subject.slice(prefix.length);
  const headers = fromWireHeaders(message.headers);
  const about = { key, revision: message.info.streamSequence, createdAt: message.time, operation: operationOf(headers) };
  if (about.operation !== 'PUT') return about;
  const stored = { subject: message.subject, sequence: about.revision, time: about.createdAt, headers, payload: message.data };
  try {
    return { ...about, value: decode(key, stored) };
  } catch (error) {
    return { ...about, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
