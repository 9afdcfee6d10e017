import type { StreamInfo } from '@nats-io/jetstream';
import type { BrokerLogger } from './broker-logger.js';
import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import {
  isConsumerMissing,
  isStreamMissing,
  type ConsumerProvisioner,
  type ConsumerSettings,
  type ProvisionedConsumer,
} from './consumer-provisioner.js';
import { startConfig, type StartPolicy } from './start-policy.js';
import { isNoResponders, isTransient } from './transient.js';
import { atMost, backoffMs, pause } from './wait.js';

/** Whose consumer it is. */
export type ConsumerIdentity =
  /** Of this process alone, in memory; a re-created one is called `<name>-r1`, `<name>-r2`, … */
  | { readonly kind: 'own'; readonly name: string }
  /** Shared by every process that uses this durable name, on disk: each message goes to one of them. */
  | { readonly kind: 'group'; readonly durable: string };

/** What a creation needs to know. */
export interface ConsumerCreationOptions {
  readonly broker: Broker;
  readonly logger: BrokerLogger;
  readonly provisioner: ConsumerProvisioner;
  readonly stream: string;
  readonly identity: ConsumerIdentity;
  readonly settings: ConsumerSettings;
  readonly start: StartPolicy;
  resumeAfter(): number | undefined;
  onStreamRecreated(): void;
}

const RETRY = { baseMs: 100, capMs: 1_000 };
const RETRY_REFUSED = { baseMs: 500, capMs: 5_000 };
/** A stream may be missing for a moment when everything starts at once: the services that own it create it. */
const STREAM_GRACE_MS = 10_000;
const SAY_AGAIN_MS = 30_000;

/**
 * Creates one consumer, and creates it again where the last one left off.
 * @source nats-facts.md: on a cluster the name of a one-replica consumer whose server died can neither be reached nor re-created, hence a new name each time
 */
export class ConsumerCreation {
  private currentName: string | undefined;
  private recreations = 0;
  private streamCreated: string | undefined;
  private start: StartPolicy;
  private abandoned: string[] = [];
  private missingSince: number | undefined;
  private saidMissingAt = 0;

  constructor(private readonly options: ConsumerCreationOptions) {
    this.start = options.start;
  }

  /** The name of the consumer obtained last. */
  get current(): string | undefined {
    return this.currentName;
  }

  /**
   * Tries until a consumer is there.
   * @param firstTime whether nothing has been obtained yet: then a final refusal is thrown instead of being retried
   * @returns `undefined` when the signal ended the trying
   */
  async obtain(signal: AbortSignal, { firstTime }: { firstTime: boolean }): Promise<ProvisionedConsumer | undefined> {
    const startedAt = Date.now();
    for (let failures = 1; ; failures += 1) {
      await this.options.broker.whenConnected(signal);
      if (signal.aborted) return undefined;
      try {
        const consumer = await this.obtainOnce();
        this.sayObtained(consumer, Date.now() - startedAt, firstTime);
        this.buryAbandoned();
        return consumer;
      } catch (error) {
        const refused = !isTransient(error) && !isStreamMissing(error) && this.options.broker.isConnected();
        if (refused && firstTime) throw error;
        if (isStreamMissing(error)) this.sayStreamMissing(firstTime);
        else if (refused || failures % 5 === 0) this.sayFailed(error, refused, failures);
        await pause(backoffMs(failures, refused ? RETRY_REFUSED : RETRY), signal);
      }
    }
  }

  private async obtainOnce(): Promise<ProvisionedConsumer> {
    const { broker, stream, identity } = this.options;
    // The read comes first: a creation sent to a broker that does not answer may be carried out much later, under a name already given up.
    const info = await broker.streamManager.streams.info(stream);
    this.noticeStream(info);
    return identity.kind === 'group' ? this.findOrCreate(identity.durable, info) : this.createOwn(identity.name, info);
  }

  private noticeStream(info: StreamInfo): void {
    const { stream, logger } = this.options;
    const floor = this.options.resumeAfter();
    const known = this.streamCreated;
    const another = known !== undefined && known !== info.created;
    if (another || (floor !== undefined && info.state.last_seq < floor)) {
      const fields = { stream, created: info.created, last_sequence: info.state.last_seq, settled_sequence: floor };
      logger.error(fields, 'The stream is not the one it was: reading it from the original start again');
      this.options.onStreamRecreated();
    } else if (this.missingSince !== undefined) {
      logger.warn({ stream }, 'The stream is there now');
    }
    this.missingSince = undefined;
    this.streamCreated = info.created;
    if (this.start.from === 'new' && known === undefined) this.start = { from: 'sequence', sequence: info.state.last_seq + 1 };
    if (this.options.start.from === 'new' && another) this.start = { from: 'all' };
  }

  private async createOwn(base: string, info: StreamInfo): Promise<ProvisionedConsumer> {
    const { provisioner, stream, settings } = this.options;
    if (this.currentName !== undefined) this.abandon(this.currentName);
    const name = this.recreations === 0 ? base : `${base}-r${this.recreations}`;
    const floor = this.options.resumeAfter();
    const start: StartPolicy = floor === undefined ? this.start : { from: 'sequence', sequence: floor + 1 };
    try {
      const consumer = await provisioner.create(stream, { ...settings, ...startConfig(start, info.state.last_seq), name });
      this.recreations += 1;
      this.currentName = name;
      return consumer;
    } catch (error) {
      // Nothing happened when nobody answered or the stream is gone. Otherwise it may exist, now or later: that name is spent.
      if (!isNoResponders(error) && !isStreamMissing(error)) {
        this.recreations += 1;
        this.abandoned.push(name);
      }
      throw error;
    }
  }

  private async findOrCreate(durable: string, info: StreamInfo): Promise<ProvisionedConsumer> {
    const { provisioner, stream, settings } = this.options;
    this.currentName = durable;
    try {
      return await this.upToDate(await provisioner.find(stream, durable));
    } catch (error) {
      if (!isConsumerMissing(error)) throw error;
    }
    const { state } = info;
    try {
      return await provisioner.create(stream, {
        ...settings,
        ...startConfig(this.start, state.last_seq),
        durable_name: durable,
        name: durable,
      });
    } catch (error) {
      // Another replica may have been faster, with a start of its own.
      if (isTransient(error) || isStreamMissing(error)) throw error;
      return provisioner.find(stream, durable).catch(() => {
        throw error;
      });
    }
  }

  private async upToDate(found: ProvisionedConsumer): Promise<ProvisionedConsumer> {
    const { provisioner, stream, settings, logger } = this.options;
    const { ack_wait, max_deliver, max_ack_pending, filter_subject } = settings;
    const wanted = { ack_wait, max_deliver, max_ack_pending, filter_subject };
    const changed = Object.entries(wanted).filter(([key, value]) => value !== undefined && Reflect.get(found.config, key) !== value);
    if (changed.length === 0) return found;
    const fields = { stream, consumer: found.name, settings: Object.fromEntries(changed) };
    try {
      const updated = await provisioner.update(stream, found.name, Object.fromEntries(changed));
      logger.info(fields, "Updated the group's consumer to the configured settings");
      return updated;
    } catch (error) {
      if (isTransient(error)) throw error;
      logger.warn({ ...fields, error: messageOf(error) }, "The group's consumer keeps other settings than the configured ones");
      return found;
    }
  }

  private abandon(name: string): void {
    this.abandoned.push(name);
    this.currentName = undefined;
  }

  /** Tidies up behind a re-creation. What cannot be removed now goes by itself after its inactive threshold. */
  private buryAbandoned(): void {
    const { provisioner, stream, broker } = this.options;
    const names = this.abandoned.splice(0);
    for (const name of names)
      void atMost(
        broker.requestTimeoutMs,
        provisioner.delete(stream, name).catch(() => undefined),
      );
  }

  private sayObtained(consumer: ProvisionedConsumer, tookMs: number, firstTime: boolean): void {
    const { logger, stream } = this.options;
    const fields = { stream, consumer: consumer.name, filter: consumer.config.filter_subject, took_ms: tookMs };
    if (firstTime) logger.debug(fields, 'A consumer is ready');
    else logger.info({ ...fields, from_sequence: consumer.config.opt_start_seq }, 'A consumer is ready again');
  }

  private sayStreamMissing(firstTime: boolean): void {
    const now = Date.now();
    this.missingSince ??= now;
    if (now - this.saidMissingAt < (now - this.missingSince < STREAM_GRACE_MS ? STREAM_GRACE_MS / 4 : SAY_AGAIN_MS)) return;
    this.saidMissingAt = now;
    const fields = { stream: this.options.stream, missing_ms: now - this.missingSince };
    const sentence =
      'The stream does not exist, so nothing can be received: it is waited for. Start the service that creates it, or create it';
    if (firstTime && now - this.missingSince < STREAM_GRACE_MS) this.options.logger.warn(fields, sentence);
    else this.options.logger.error(fields, sentence);
  }

  private sayFailed(error: unknown, refused: boolean, failures: number): void {
    const { logger, stream, identity } = this.options;
    const consumer = identity.kind === 'own' ? identity.name : identity.durable;
    const fields = { stream, consumer, attempt: failures, error: messageOf(error) };
    if (refused) logger.error(fields, 'The broker refuses the consumer, so nothing can be received: trying again');
    else logger.warn(fields, 'The consumer cannot be created yet, trying again');
  }
}
