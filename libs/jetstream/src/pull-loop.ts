import { AckPolicy, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { SILENT, type BrokerLogger } from './broker-logger.js';
import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import type { ConsumerIdentity } from './consumer-creation.js';
import { DirectConsumerProvisioner, type ConsumerProvisioner, type ConsumerSettings } from './consumer-provisioner.js';
import { ACK, Delivery, type FinalSettlement, type Settlement } from './delivery.js';
import { LiveConsumer } from './live-consumer.js';
import { SettledFloor } from './settled-floor.js';
import type { StartPolicy } from './start-policy.js';
import { atMost } from './wait.js';

/** What a loop reads, and how. */
export interface PullLoopOptions {
  readonly broker: Broker;
  readonly stream: string;
  /** One subject, wildcards allowed. @source nats-facts.md: 2.10.27 loses messages of consumers with several */
  readonly filterSubject: string;
  readonly consumer: ConsumerIdentity;
  readonly start: StartPolicy;
  /** Decides what becomes of a message. A rejection counts as "again, after a second". */
  onMessage(delivery: Delivery): Promise<Settlement> | Settlement;
  /** Handlers that run at the same time; default 16. */
  readonly concurrency?: number;
  /** Milliseconds until an unsettled message comes again; default 30,000. The loop extends what is in hand. */
  readonly ackWaitMs?: number;
  /** Deliveries of one message at most; default 5. */
  readonly maxDeliver?: number;
  /** Milliseconds after which the broker removes an own consumer that nobody reads; default 600,000. */
  readonly inactiveThresholdMs?: number;
  /** Messages that may be in hand and unsettled; default 1,000. */
  readonly maxAckPending?: number;
  readonly logger?: BrokerLogger;
  readonly provisioner?: ConsumerProvisioner;
}

interface InHand {
  readonly delivery: Delivery;
  readonly sequence: number;
  /** The value of the loop's clock when the message was delivered or extended last. */
  since: number;
  handled: boolean;
}

/**
 * How messages go back when the loop stops. The delay lets another reader step in: 2.9.10 loses track of messages that are given
 * back while nobody pulls, and then delivers them only after the acknowledgement period.
 */
const GIVEN_BACK: FinalSettlement = { kind: 'nak', delayMs: 500 };
const AFTER_BROKEN_HANDLER: FinalSettlement = { kind: 'nak', delayMs: 1_000 };
/** The clock advances so often in one acknowledgement period. What is older than one advance is extended, so at half the period at the latest. */
const TICKS_PER_ACK_WAIT = 4;
/** Far below every acknowledgement period, far above the time in which a burst arrives. */
const ACKNOWLEDGE_AFTER_MS = 25;
const ACKNOWLEDGE_TOGETHER = 128;

/**
 * Pulls the messages of one consumer, hands them on with bounded concurrency and settles each exactly as it is told.
 * What is in hand is extended while it waits or is worked on, so that nothing slow is delivered twice.
 */
export class PullLoop {
  private readonly consumer: LiveConsumer;
  private readonly floor = new SettledFloor();
  private readonly inHand = new Map<number, InHand>();
  private readonly giveUp = new AbortController();
  private readonly concurrency: number;
  private readonly tickMs: number;
  private queue: InHand[] = [];
  private queueHead = 0;
  private active = 0;
  private serving = false;
  private clock = 0;
  private ticker: NodeJS.Timeout | undefined;
  private acknowledgements: Delivery[] = [];
  private acknowledging: NodeJS.Timeout | undefined;
  private draining = false;
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: PullLoopOptions) {
    this.concurrency = options.concurrency ?? 16;
    this.tickMs = (options.ackWaitMs ?? 30_000) / TICKS_PER_ACK_WAIT;
    this.consumer = new LiveConsumer({
      broker: options.broker,
      logger: options.logger ?? SILENT,
      provisioner: options.provisioner ?? new DirectConsumerProvisioner(options.broker),
      stream: options.stream,
      identity: options.consumer,
      settings: consumerSettings(options),
      start: options.start,
      prefetch: Math.min(options.maxAckPending ?? 1_000, Math.max(100, this.concurrency * 4)),
      resumeAfter: () => (options.consumer.kind === 'own' ? this.floor.floor() : undefined),
      onMessage: (message) => this.take(message),
      onStreamRecreated: () => this.forget(),
    });
  }

  /** The present consumer's name; `undefined` before there is one. */
  get consumerName(): string | undefined {
    return this.consumer.name;
  }

  /** How many messages are delivered and not settled, here. */
  get unsettled(): number {
    return this.inHand.size;
  }

  /**
   * Waits for broker and stream and begins.
   * @param signal ends the waiting
   * @throws what the API answered, when the consumer is refused for good
   */
  start(signal?: AbortSignal): Promise<void> {
    return this.consumer.start(signal);
  }

  /**
   * Stops: no more pulling, queued messages go back to the broker, handlers in flight finish, an own consumer is removed.
   * @param timeoutMs how long handlers may take; then their signal aborts and their messages come again elsewhere
   * @returns how many handlers were left behind
   */
  async stop(timeoutMs = 10_000): Promise<number> {
    this.draining = true;
    await this.consumer.stopFlow();
    for (const queued of this.queue.slice(this.queueHead)) this.settle(queued, GIVEN_BACK);
    this.queue = [];
    this.queueHead = 0;
    if (this.inHand.size > 0) {
      await atMost(timeoutMs, new Promise<void>((resolve) => (this.onIdle = resolve)));
      if (this.inHand.size > 0) this.giveUp.abort();
    }
    const left = this.inHand.size;
    for (const late of [...this.inHand.values()]) this.settle(late, GIVEN_BACK);
    this.acknowledgeNow();
    clearTimeout(this.ticker);
    this.ticker = undefined;
    await this.consumer.remove();
    return left;
  }

  private take(message: JsMsg): void {
    const sequence = message.info.streamSequence;
    const already = this.inHand.get(sequence);
    if (already !== undefined) {
      already.delivery.replaceBy(message);
      already.since = this.clock;
      return;
    }
    if (this.options.consumer.kind === 'own') {
      // Its acknowledgement got lost, or the consumer was re-created below it. Handling it again would be a needless repetition.
      if (this.floor.isSettled(sequence)) return message.ack();
      this.floor.delivered(sequence);
    }
    const entry: InHand = { delivery: new Delivery(message, this.giveUp.signal), sequence, since: this.clock, handled: false };
    this.inHand.set(sequence, entry);
    this.armTicker();
    if (this.active < this.concurrency) this.handle(entry);
    else this.queue.push(entry);
  }

  private handle(entry: InHand): void {
    this.active += 1;
    let outcome: Promise<Settlement> | Settlement;
    try {
      outcome = this.options.onMessage(entry.delivery);
    } catch (error) {
      return this.finish(entry, this.broken(entry, error));
    }
    if (!(outcome instanceof Promise)) return this.finish(entry, outcome);
    outcome.then(
      (settlement) => this.finish(entry, settlement),
      (error: unknown) => this.finish(entry, this.broken(entry, error)),
    );
  }

  private broken(entry: InHand, error: unknown): FinalSettlement {
    const fields = { stream: this.options.stream, sequence: entry.sequence, error: messageOf(error) };
    this.options.logger?.error(fields, 'The settlement of a message could not be decided: it comes again');
    return AFTER_BROKEN_HANDLER;
  }

  private finish(entry: InHand, settlement: Settlement): void {
    this.active -= 1;
    if (settlement.kind === 'hold') {
      settlement.until.then(
        (final) => this.settle(entry, final),
        (error: unknown) => this.settle(entry, this.broken(entry, error)),
      );
    } else this.settle(entry, settlement);
    this.handleQueued();
  }

  private handleQueued(): void {
    // A handler that returns at once ends up here again: one loop serves the queue, not a tower of calls.
    if (this.serving) return;
    this.serving = true;
    while (this.active < this.concurrency && this.queueHead < this.queue.length) {
      const next = this.queue[this.queueHead++];
      // A message of a stream that is gone is not worth the work.
      if (next !== undefined && this.inHand.get(next.sequence) === next) this.handle(next);
    }
    if (this.queueHead === this.queue.length) {
      this.queue = [];
      this.queueHead = 0;
    }
    this.serving = false;
  }

  /** The only place that acknowledges. */
  private settle(entry: InHand, settlement: FinalSettlement): void {
    if (entry.handled) return;
    entry.handled = true;
    if (settlement.kind === 'ack') this.acknowledgeSoon(entry.delivery);
    else this.carryOut(entry.delivery, settlement);
    if (this.inHand.get(entry.sequence) !== entry) return;
    this.inHand.delete(entry.sequence);
    if (settlement.kind !== 'nak') this.floor.settled(entry.sequence);
    if (this.draining && this.inHand.size === 0) this.onIdle?.();
  }

  private carryOut(delivery: Delivery, settlement: FinalSettlement): void {
    try {
      delivery.settle(settlement);
    } catch (error) {
      // The connection is closed for good: the message comes again to whoever reads next.
      const fields = { stream: this.options.stream, sequence: delivery.sequence, error: messageOf(error) };
      this.options.logger?.warn(fields, 'A message could not be settled');
    }
  }

  /** Acknowledgements leave together, a moment later: a burst is handled first, and costs one write instead of many. */
  private acknowledgeSoon(delivery: Delivery): void {
    this.acknowledgements.push(delivery);
    if (this.acknowledgements.length >= ACKNOWLEDGE_TOGETHER) this.acknowledgeNow();
    else this.acknowledging ??= setTimeout(() => this.acknowledgeNow(), ACKNOWLEDGE_AFTER_MS);
  }

  private acknowledgeNow(): void {
    clearTimeout(this.acknowledging);
    this.acknowledging = undefined;
    for (const delivery of this.acknowledgements.splice(0)) this.carryOut(delivery, ACK);
  }

  private forget(): void {
    this.floor.reset();
    this.inHand.clear();
  }

  private armTicker(): void {
    if (this.ticker !== undefined) return;
    this.ticker = setTimeout(() => this.tick(), this.tickMs);
    this.ticker.unref();
  }

  private tick(): void {
    this.ticker = undefined;
    for (const entry of this.inHand.values()) {
      if (entry.since < this.clock && this.options.broker.isConnected()) {
        entry.delivery.working();
        entry.since = this.clock;
      }
    }
    this.clock += 1;
    if (this.inHand.size > 0) this.armTicker();
  }
}

function consumerSettings(options: PullLoopOptions): ConsumerSettings {
  const common: ConsumerSettings = {
    filter_subject: options.filterSubject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(options.ackWaitMs ?? 30_000),
    max_deliver: options.maxDeliver ?? 5,
    max_ack_pending: options.maxAckPending ?? 1_000,
  };
  if (options.consumer.kind === 'group') return common;
  return { ...common, mem_storage: true, num_replicas: 1, inactive_threshold: nanos(options.inactiveThresholdMs ?? 600_000) };
}
