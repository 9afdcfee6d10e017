import { errors, type Msg, type Subscription } from '@nats-io/transport-node';
import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import { fromWireHeaders, toWireHeaders, type OutgoingHeaders } from './headers.js';
import { NoResponderError, RequestRefusedError, RequestTimeoutError } from './request.errors.js';
import { isNoResponders } from './transient.js';
import { atMost } from './wait.js';

/** A reply to a request. */
export interface Reply {
  readonly payload: Uint8Array;
  readonly headers: Record<string, string>;
}

/** A message of core NATS: a request, or something overheard. */
export interface CoreMessage extends Reply {
  readonly subject: string;
}

/** Something that listens. */
export interface Listening {
  /** Stops listening, and waits for what is being handled. Idempotent. */
  stop(): Promise<void>;
}

/** As NATS services mark a reply that reports a failure. */
const ERROR_HEADER = 'Nats-Service-Error';
const ERROR_CODE_HEADER = 'Nats-Service-Error-Code';

/**
 * Asks one subject and waits for one reply. Sent once: repeating is the caller's decision.
 * @throws NoResponderError at once, RequestTimeoutError after `timeoutMs`, RequestRefusedError when the other side failed
 */
export async function request(
  broker: Broker,
  subject: string,
  payload: Uint8Array,
  options: { readonly timeoutMs: number; readonly headers?: OutgoingHeaders },
): Promise<Reply> {
  const { timeoutMs } = options;
  let message: Msg;
  try {
    message = await broker.connection.request(subject, payload, { timeout: timeoutMs, headers: toWireHeaders(options.headers) });
  } catch (error) {
    if (isNoResponders(error)) throw new NoResponderError(subject, error);
    if (error instanceof errors.TimeoutError) throw new RequestTimeoutError(subject, timeoutMs, error);
    throw error;
  }
  const headers = fromWireHeaders(message.headers);
  const failure = headers[ERROR_HEADER];
  if (failure !== undefined) throw new RequestRefusedError(subject, headers[ERROR_CODE_HEADER] ?? 'unknown', failure);
  return { payload: message.data, headers };
}

/**
 * Answers requests to a subject, also after reconnects. A handler that throws is logged, and the asker is told at once.
 * @param handler returns the reply's bytes
 */
export function respond(broker: Broker, subject: string, handler: (request: CoreMessage) => Promise<Uint8Array> | Uint8Array): Listening {
  const working = new Set<Promise<void>>();
  const answer = async (message: Msg): Promise<void> => {
    try {
      message.respond(await handler(coreMessage(message)));
    } catch (error) {
      broker.logger.error({ subject: message.subject, err: error }, 'A request could not be answered');
      const code = (error as { code?: unknown } | null)?.code;
      const headers = { [ERROR_HEADER]: oneLine(messageOf(error)), [ERROR_CODE_HEADER]: typeof code === 'string' ? code : '500' };
      message.respond(new Uint8Array(), { headers: toWireHeaders(headers) });
    }
  };
  const subscription = subscribe(broker, subject, (message) => {
    const answering = answer(message).catch((error: unknown) => {
      broker.logger.warn({ subject: message.subject, error: messageOf(error) }, 'A reply could not be sent');
    });
    working.add(answering);
    void answering.then(() => working.delete(answering));
  });
  return {
    stop: async () => {
      await unsubscribe(broker, subscription);
      await Promise.all(working);
    },
  };
}

/**
 * Hears messages of a subject while connected, without storage: what is published meanwhile is missed.
 * @param onMessage must be quick; what it throws is logged
 */
export function listen(broker: Broker, subject: string, onMessage: (message: CoreMessage) => void): Listening {
  const subscription = subscribe(broker, subject, (message) => {
    try {
      onMessage(coreMessage(message));
    } catch (error) {
      broker.logger.error({ subject: message.subject, err: error }, 'A listener failed on a message');
    }
  });
  return { stop: () => unsubscribe(broker, subscription) };
}

function subscribe(broker: Broker, subject: string, onMessage: (message: Msg) => void): Subscription {
  return broker.connection.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) onMessage(message);
      else broker.logger.error({ subject, error: error.message }, 'The broker refuses the subscription: nothing is heard on this subject');
    },
  });
}

/** A drain waits for the broker's answer, so without a connection it would wait for the next one: there is nobody to tell then. */
async function unsubscribe(broker: Broker, subscription: Subscription): Promise<void> {
  if (subscription.isClosed()) return;
  if (!broker.isConnected()) return subscription.unsubscribe();
  await atMost(
    broker.requestTimeoutMs,
    subscription.drain().catch(() => undefined),
  );
}

function coreMessage(message: Msg): CoreMessage {
  return { subject: message.subject, payload: message.data, headers: fromWireHeaders(message.headers) };
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').slice(0, 500);
}
