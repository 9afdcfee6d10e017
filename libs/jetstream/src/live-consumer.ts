import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { BrokerLogger } from './broker-logger.js';
import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import { ConsumerCreation, type ConsumerIdentity } from './consumer-creation.js';
import type { ConsumerProvisioner, ConsumerSettings, ProvisionedConsumer } from './consumer-provisioner.js';
import type { StartPolicy } from './start-policy.js';
import { atMost } from './wait.js';

/** Why the flow of messages from one consumer ended. */
export type FlowEnd = 'stopped' | 'disconnected' | 'consumer gone' | 'silent' | 'deliveries lost';

/** What a `LiveConsumer` keeps alive, and for whom. */
export interface LiveConsumerOptions {
  readonly broker: Broker;
  readonly logger: BrokerLogger;
  readonly provisioner: ConsumerProvisioner;
  readonly stream: string;
  readonly identity: ConsumerIdentity;
  /** Everything of the configuration but name and start. */
  readonly settings: ConsumerSettings;
  readonly start: StartPolicy;
  /** Messages asked for at a time. */
  readonly prefetch: number;
  /** After which sequence a re-created consumer goes on; `undefined` when nothing was delivered yet. */
  resumeAfter(): number | undefined;
  /** Each message, in the order of delivery. It must not throw. */
  onMessage(message: JsMsg): void;
  /** The stream is another one than before, with sequences of its own. */
  onStreamRecreated(): void;
  /** A consumer was created (again), and its messages begin now. */
  onObtained?(consumer: ProvisionedConsumer): void;
}

/** Silence of twice this counts as suspicious. @source nats-facts.md: the defaults are blind for 30–45 s */
const IDLE_HEARTBEAT_MS = 1_500;
const PULL_EXPIRES_MS = 6_000;

/**
 * Keeps messages of one consumer flowing: whatever happens to the consumer, the connection, the broker or the stream.
 *
 * A consumer of one's own lives in one server's memory and may vanish with it. It is never taken up again after a doubt (a lost
 * connection, silence, a gap in the delivery sequence) but created under a new name after the last settled message: only then is
 * it certain that each message up to the highest one seen was really seen. A group's consumer is on disk, and simply used again.
 */
export class LiveConsumer {
  private readonly creation: ConsumerCreation;
  private readonly stopping = new AbortController();
  private endFlow: ((end: FlowEnd) => void) | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: LiveConsumerOptions) {
    this.creation = new ConsumerCreation(options);
  }

  /** The name of the present consumer; changes when it is re-created. `undefined` before the first. */
  get name(): string | undefined {
    return this.creation.current;
  }

  /**
   * Waits for broker and stream, creates the consumer and begins. Later failures are healed, and logged.
   * @param signal ends the waiting
   * @throws what the API answered, when the very first creation is refused for good (a wrong configuration, too many consumers)
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) this.stopping.abort();
    const giveUp = (): void => this.stopping.abort();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const consumer = await this.creation.obtain(this.stopping.signal, { firstTime: true });
      if (consumer === undefined) return;
      if (this.stopping.signal.aborted) await this.remove();
      else this.running = this.run(consumer);
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Stops asking for messages, at once. What was delivered already stays with the owner. */
  async stopFlow(): Promise<void> {
    this.stopping.abort();
    this.endFlow?.('stopped');
    await this.running;
  }

  /** Removes the consumer from the broker, when it is this process's own. The flow must have been stopped. */
  async remove(): Promise<void> {
    const { identity, provisioner, stream, broker } = this.options;
    const name = this.creation.current;
    if (identity.kind !== 'own' || name === undefined || !broker.isConnected()) return;
    await atMost(
      broker.requestTimeoutMs,
      provisioner.delete(stream, name).catch(() => undefined),
    );
  }

  private async run(first: ProvisionedConsumer): Promise<void> {
    let consumer: ProvisionedConsumer | undefined = first;
    while (consumer !== undefined && !this.stopping.signal.aborted) {
      const end = await this.flow(consumer).catch((error: unknown) => this.failedFlow(error));
      if (end === 'stopped') return;
      const { stream, logger, identity } = this.options;
      const fields = { stream, consumer: consumer.name, reason: end };
      // A lost connection is said once, by the connection.
      if (end === 'disconnected') logger.debug(fields, 'A consumer lost its connection');
      else if (identity.kind === 'own')
        logger.warn(fields, 'A consumer can no longer be trusted: creating a new one after the last settled message');
      else logger.warn(fields, 'The consumer of a group stopped delivering: taking it up again');
      consumer = await this.creation.obtain(this.stopping.signal, { firstTime: false });
    }
  }

  private failedFlow(error: unknown): FlowEnd {
    const fields = { stream: this.options.stream, consumer: this.name, error: messageOf(error) };
    this.options.logger.warn(fields, 'Messages of a consumer could not be asked for');
    return 'disconnected';
  }

  private async flow(consumer: ProvisionedConsumer): Promise<FlowEnd> {
    const { broker, identity, onMessage } = this.options;
    const own = identity.kind === 'own';
    let ended = false;
    let nextDelivery = consumer.delivered.consumer_seq + 1;
    const over = new Promise<FlowEnd>((resolve) => {
      this.endFlow = (end) => {
        ended = true;
        resolve(end);
      };
    });
    const messages = await broker.streamClient.consumers.getConsumerFromInfo(consumer).consume({
      max_messages: this.options.prefetch,
      expires: PULL_EXPIRES_MS,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      abort_on_missing_resource: true,
      callback: (message) => {
        if (ended) return;
        // Only a consumer with a single reader numbers its deliveries without gaps.
        if (own && message.info.deliverySequence !== nextDelivery++) return this.endFlow?.('deliveries lost');
        onMessage(message);
      },
    });
    this.options.onObtained?.(consumer);
    const unsubscribe = broker.onStatus(({ type }) => {
      if (type === 'disconnected') this.endFlow?.('disconnected');
      if (type === 'closed') this.endFlow?.('stopped');
    });
    void messages.closed().then(() => this.endFlow?.('consumer gone'));
    void this.watchSilence(messages, consumer);
    if (this.stopping.signal.aborted) this.endFlow?.('stopped');
    else if (!broker.isConnected()) this.endFlow?.('disconnected');
    const end = await over;
    unsubscribe();
    messages.stop();
    return end;
  }

  /** Missed heartbeats may only mean a busy broker: the consumer is given up when it cannot be found either. */
  private async watchSilence(messages: ConsumerMessages, consumer: ProvisionedConsumer): Promise<void> {
    const { provisioner, stream } = this.options;
    for await (const status of messages.status()) {
      if (status.type === 'stream_not_found' || status.type === 'consumer_not_found' || status.type === 'consumer_deleted') {
        this.endFlow?.('consumer gone');
      } else if (status.type === 'heartbeats_missed') {
        await provisioner.find(stream, consumer.name).catch(() => this.endFlow?.('silent'));
      }
    }
  }
}
