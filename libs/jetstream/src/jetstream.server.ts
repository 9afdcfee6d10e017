import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { SILENT, type BrokerLogger } from './broker-logger.js';
import type { Broker, BrokerStatus } from './broker.js';
import type { ConsumerProvisioner } from './consumer-provisioner.js';
import type { DeadLetterOptions } from './dead-letter.js';
import { ACK, type Delivery, type Settlement } from './delivery.js';
import { SubscriptionMismatchError } from './handler.errors.js';
import { JetStreamContext } from './jetstream.context.js';
import { PullLoop } from './pull-loop.js';
import { DEFAULT_RETRY_DELAYS_MS, UndecodableMessageError, settleFailure } from './settlement.js';
import { SubjectParameters } from './subject-parameters.js';
import type { Subscription } from './subscription.js';

/** Called around each delivery, for metrics. They must be quick, and must not throw. */
export interface DeliveryHooks {
  onDelivered?(context: JetStreamContext, subscription: Subscription): void;
  /** @param durationMs from the start of the handler to the decision */
  onSettled?(context: JetStreamContext, outcome: DeliveryOutcome, durationMs: number, subscription: Subscription): void;
}

/** What became of a delivery. */
export type DeliveryOutcome = 'ack' | 'retry' | 'dead-letter';

/** What the strategy needs. */
export interface JetStreamServerOptions {
  /** Connected by `listen()` when it is not yet; closed by whoever made it. */
  readonly broker: Broker;
  readonly subscriptions: readonly Subscription[];
  /** Without it, what is given up is dropped, and said as an error. */
  readonly deadLetter?: DeadLetterOptions;
  readonly logger?: BrokerLogger;
  readonly hooks?: DeliveryHooks;
  /** Milliseconds that `close()` waits for handlers in flight; default 10,000. */
  readonly drainTimeoutMs?: number;
  readonly provisioner?: ConsumerProvisioner;
}

type BrokerEvents = { status: (status: BrokerStatus) => void };

/**
 * NestJS transport strategy: `@EventPattern` handlers on JetStream, at least once. A handler that returns is acknowledged, one that
 * throws is settled by `settleFailure`. Handlers must be safe to run twice for the same message.
 */
export class JetStreamServer extends Server<BrokerEvents> implements CustomTransportStrategy {
  override readonly transportId = Symbol.for('whoosh.jetstream');
  /** Errors of handlers reach the settlement, which logs them: Nest need not. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly log: BrokerLogger;
  private readonly stopping = new AbortController();
  private loops: PullLoop[] = [];
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly options: JetStreamServerOptions) {
    super();
    this.log = options.logger ?? SILENT;
  }

  /**
   * Starts all subscriptions. Waits for a broker, and for streams, that are not there yet.
   * @param callback called when everything is subscribed, or with the error that makes it impossible
   */
  listen(callback: (error?: unknown) => void): void {
    this.open().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Stops pulling, lets handlers in flight finish, gives queued messages back and removes own consumers. Idempotent. */
  async close(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.unsubscribe?.();
    const left = await Promise.all(this.loops.map((loop) => loop.stop(this.options.drainTimeoutMs ?? 10_000)));
    const abandoned = left.reduce((sum, each) => sum + each, 0);
    if (abandoned > 0)
      this.log.warn({ handlers: abandoned }, 'Handlers were still running when the drain time was over: their messages come again');
  }

  /** Hears the connection's status. */
  on<Event extends keyof BrokerEvents>(_event: Event, callback: BrokerEvents[Event]): () => void {
    return this.options.broker.onStatus(callback);
  }

  /** The broker's connection owner. */
  unwrap<T>(): T {
    return this.options.broker as T;
  }

  /** The present names of the consumers, in the order of the subscriptions; `undefined` where there is none yet. */
  consumerNames(): (string | undefined)[] {
    return this.loops.map((loop) => loop.consumerName);
  }

  private async open(): Promise<void> {
    const { broker, subscriptions } = this.options;
    assertSameSet(this.getHandlers(), subscriptions);
    await broker.connect(this.stopping.signal);
    this.unsubscribe = broker.onStatus((status) => this._status$.next(status.type));
    this._status$.next('connected');
    this.loops = subscriptions.map((subscription) => this.loopOf(subscription));
    await Promise.all(this.loops.map((loop) => loop.start(this.stopping.signal)));
  }

  private loopOf(subscription: Subscription): PullLoop {
    const { broker, provisioner } = this.options;
    const { pattern, stream, consumer } = subscription;
    const { start } = consumer;
    return new PullLoop({
      broker,
      stream,
      filterSubject: pattern,
      consumer: consumer.kind === 'own' ? { kind: 'own', name: consumer.name } : { kind: 'group', durable: consumer.durable },
      start: typeof start === 'function' ? start() : start,
      onMessage: this.handlerOf(subscription),
      concurrency: subscription.concurrency,
      ackWaitMs: subscription.ackWaitMs,
      maxDeliver: subscription.maxDeliver,
      inactiveThresholdMs: subscription.inactiveThresholdMs,
      logger: this.log,
      provisioner,
    });
  }

  private handlerOf(subscription: Subscription): (delivery: Delivery) => Promise<Settlement> {
    const handler = this.getHandlers().get(subscription.pattern);
    if (handler === undefined) throw new Error(`unreachable: ${subscription.pattern} has no handler`);
    const parameters = new SubjectParameters(subscription.pattern, subscription.parameters);
    const { hooks, deadLetter } = this.options;
    const failure = {
      maxDeliver: subscription.maxDeliver ?? 5,
      retryDelaysMs: subscription.retryDelaysMs ?? DEFAULT_RETRY_DELAYS_MS,
      deadLetter,
      logger: this.log,
    };
    return async (delivery) => {
      const context = new JetStreamContext(delivery, parameters);
      const startedAt = hooks?.onSettled === undefined ? 0 : performance.now();
      hooks?.onDelivered?.(context, subscription);
      let outcome: DeliveryOutcome = 'ack';
      let settlement: Settlement = ACK;
      try {
        await runHandler(handler, decoded(subscription, delivery), context);
      } catch (error) {
        ({ outcome, settlement } = await settleFailure(delivery, unhidden(error), failure));
      }
      if (hooks?.onSettled !== undefined) hooks.onSettled(context, outcome, performance.now() - startedAt, subscription);
      return settlement;
    };
  }
}

function decoded(subscription: Subscription, delivery: Delivery): unknown {
  if (subscription.decode === undefined) return delivery.payload;
  try {
    return subscription.decode(delivery.payload, delivery.headers);
  } catch (error) {
    throw new UndecodableMessageError(error);
  }
}

async function runHandler(handler: MessageHandler, data: unknown, context: JetStreamContext): Promise<void> {
  // Typed as a promise of an observable, but it is whatever the handler returned; an observable only for errors and interceptors.
  const result: unknown = await handler(data, context);
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}

/** What Nest makes of an error that no filter hands on. */
function unhidden(error: unknown): unknown {
  const hidden = error as { status?: unknown; message?: unknown } | null | undefined;
  if (error instanceof Error || hidden?.status !== 'error') return error;
  return new Error(`${String(hidden.message)}: Nest hides the cause, add @UseFilters(SettlementFilter) to the controller`);
}

function assertSameSet(handlers: Map<string, MessageHandler>, subscriptions: readonly Subscription[]): void {
  const patterns = subscriptions.map(({ pattern }) => pattern);
  const requests = [...handlers].filter(([, handler]) => handler.isEventHandler !== true).map(([pattern]) => pattern);
  const unsubscribed = [...handlers.keys()].filter((pattern) => !patterns.includes(pattern));
  const unhandled = patterns.filter((pattern) => !handlers.has(pattern));
  if (requests.length + unsubscribed.length + unhandled.length > 0) throw new SubscriptionMismatchError(unsubscribed, unhandled, requests);
}
