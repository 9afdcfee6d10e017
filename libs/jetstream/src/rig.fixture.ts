import { randomUUID } from 'node:crypto';
import { startNatsServer, type NatsServer, type StartNatsServerOptions } from '@whoosh/testing';
import type { BrokerLogger } from './broker-logger.js';
import { Broker, type BrokerOptions } from './broker.js';
import { PullLoop, type PullLoopOptions } from './pull-loop.js';
import { JetStreamPublisher, type PublishReceipt } from './publisher.js';
import { ensureTopology, type StreamSpec } from './topology.js';

/** One log line of the library. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly sentence: string;
}

/** A logger that remembers. */
export class LogRecorder implements BrokerLogger {
  readonly lines: LogLine[] = [];

  debug(fields: Record<string, unknown>, sentence: string): void {
    this.lines.push({ level: 'debug', fields, sentence });
  }

  info(fields: Record<string, unknown>, sentence: string): void {
    this.lines.push({ level: 'info', fields, sentence });
  }

  warn(fields: Record<string, unknown>, sentence: string): void {
    this.lines.push({ level: 'warn', fields, sentence });
  }

  error(fields: Record<string, unknown>, sentence: string): void {
    this.lines.push({ level: 'error', fields, sentence });
  }

  /** The first line whose sentence contains this text. */
  find(text: string): LogLine | undefined {
    return this.lines.find(({ sentence }) => sentence.includes(text));
  }
}

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of bytes. */
export function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

/** A stream for one test. */
export function aStream(name: string, overrides: Partial<StreamSpec> = {}): StreamSpec {
  return { name, subjects: [`${name}.>`], maxAgeMs: 3_600_000, allowDirect: true, maxConsumers: 5_000, description: 'test', ...overrides };
}

/** A real nats-server, and everything that a test opens on it; `close()` takes all of it away again. */
export class Rig {
  readonly log = new LogRecorder();
  private readonly brokers: Broker[] = [];
  private readonly loops: PullLoop[] = [];
  private main: Broker | undefined;

  private constructor(readonly server: NatsServer) {}

  static async start(options?: StartNatsServerOptions): Promise<Rig> {
    return new Rig(await startNatsServer(options));
  }

  /** A connected broker, drained by `close()`. */
  async connect(overrides: Partial<BrokerOptions> = {}): Promise<Broker> {
    const broker = new Broker({ servers: [this.server.url], name: 'test', logger: this.log, reconnectJitterMs: 100, ...overrides });
    this.brokers.push(broker);
    await broker.connect();
    return broker;
  }

  /** The connection that the test itself looks through. */
  async broker(): Promise<Broker> {
    return (this.main ??= await this.connect());
  }

  /** Creates a stream with a name of its own. @returns the name, which is also the first token of its subjects */
  async stream(overrides: Partial<StreamSpec> = {}): Promise<string> {
    const name = `T${randomUUID().slice(0, 8)}`;
    await ensureTopology(await this.broker(), { streams: [aStream(name, overrides)], buckets: [], replicas: 1 });
    return name;
  }

  /** Publishes texts, each under an id of its own. */
  async publish(subject: string, ...texts: string[]): Promise<PublishReceipt[]> {
    const publisher = new JetStreamPublisher(await this.broker(), { deadlineMs: 15_000 });
    const receipts: PublishReceipt[] = [];
    for (const each of texts) receipts.push(await publisher.publish(subject, bytes(each), { messageId: randomUUID() }));
    return receipts;
  }

  /** A running loop, stopped by `close()`. */
  async loop(options: Omit<PullLoopOptions, 'broker'> & { broker?: Broker }): Promise<PullLoop> {
    const loop = new PullLoop({ logger: this.log, ...options, broker: options.broker ?? (await this.broker()) });
    this.loops.push(loop);
    await loop.start();
    return loop;
  }

  /** Names of a stream's consumers. */
  async consumers(stream: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of (await this.broker()).streamManager.consumers.list(stream)) names.push(name);
    return names.sort();
  }

  async close(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop(1_000)));
    await Promise.all(this.brokers.map((broker) => broker.drain()));
    await this.server.stop();
  }
}
