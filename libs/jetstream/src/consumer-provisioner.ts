import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import type { Broker } from './broker.js';

/** What a created or found consumer says of itself, as the client library types it. */
export type ProvisionedConsumer = ConsumerInfo;
/** What a consumer is created from, as the client library types it. */
export type ConsumerSettings = Partial<ConsumerConfig>;

/**
 * The one door through which consumers are created and removed. In a secured set-up an agent may not create consumers itself:
 * it then gets an implementation that asks somebody who may.
 * @source nats-facts.md: permissions cover neither filter_subjects nor deliver subjects
 */
export interface ConsumerProvisioner {
  /** Creates a consumer, or returns the one that has this name and this configuration already. */
  create(stream: string, settings: ConsumerSettings): Promise<ProvisionedConsumer>;
  /** The consumer of this name; rejects with the API's "consumer not found" when there is none. */
  find(stream: string, name: string): Promise<ProvisionedConsumer>;
  /** Changes an existing consumer. Since 2.10 `create` refuses that (error 10148). */
  update(stream: string, name: string, settings: ConsumerSettings): Promise<ProvisionedConsumer>;
  /** Removes a consumer; one that is gone already is no error. */
  delete(stream: string, name: string): Promise<void>;
}

const CONSUMER_NOT_FOUND = 10014;
const STREAM_NOT_FOUND = 10059;

/** Creates consumers over the connection of this process. */
export class DirectConsumerProvisioner implements ConsumerProvisioner {
  constructor(private readonly broker: Broker) {}

  create(stream: string, settings: ConsumerSettings): Promise<ProvisionedConsumer> {
    return this.broker.streamManager.consumers.add(stream, settings);
  }

  find(stream: string, name: string): Promise<ProvisionedConsumer> {
    return this.broker.streamManager.consumers.info(stream, name);
  }

  update(stream: string, name: string, settings: ConsumerSettings): Promise<ProvisionedConsumer> {
    return this.broker.streamManager.consumers.update(stream, name, settings);
  }

  async delete(stream: string, name: string): Promise<void> {
    try {
      await this.broker.streamManager.consumers.delete(stream, name);
    } catch (error) {
      if (!isConsumerMissing(error) && !isStreamMissing(error)) throw error;
    }
  }
}

/** Whether the API answered that there is no such consumer. */
export function isConsumerMissing(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === CONSUMER_NOT_FOUND;
}

/** Whether the API answered that there is no such stream. */
export function isStreamMissing(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === STREAM_NOT_FOUND;
}
