import { readFile } from 'node:fs/promises';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  type ConnectionOptions,
  type NatsConnection,
  type Status,
  type TlsOptions,
} from '@nats-io/transport-node';
import { SILENT, type BrokerLogger } from './broker-logger.js';
import { assertServerUrls, hopelessConnectFailure } from './connect-failure.js';
import { BrokerUnreachableError, NotConnectedError, messageOf } from './connection.errors.js';
import { awaitJetStream } from './jetstream-ready.js';
import { meetsSecurityFloor } from './server-version.js';
import { atMost, backoffMs, pause } from './wait.js';

/** How to reach the broker. */
export interface BrokerOptions {
  /** Addresses of one cluster, `nats://host:port`. */
  readonly servers: readonly string[];
  /** The connection's name, as the broker lists it. */
  readonly name: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Path of a credentials file (JWT and seed). */
  readonly credsFile?: string;
  readonly tls?: TlsOptions;
  /** Milliseconds between two pings; default 20,000. Three unanswered ones count as a dead connection. */
  readonly pingIntervalMs?: number;
  /** Milliseconds until one request to JetStream counts as unanswered; default 1,000. It is then repeated where that is safe. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds between two tries to reconnect; default 1,000. */
  readonly reconnectWaitMs?: number;
  /** Milliseconds of random wait on top; default 1,000. A fleet of 1,000 wants 10,000. */
  readonly reconnectJitterMs?: number;
  readonly logger?: BrokerLogger;
}

/** What happened to the connection. */
export interface BrokerStatus {
  readonly type: 'connected' | 'disconnected' | 'reconnected' | 'closed' | 'lame-duck' | 'slow-consumer' | 'error';
  readonly server?: string;
  readonly error?: Error;
}

/** The broker that this connection talks to. */
export interface BrokerServerInfo {
  readonly version: string;
  readonly serverName: string;
  readonly maxPayloadBytes: number;
  readonly url: string;
}

const FIRST_CONNECT = { baseMs: 200, capMs: 5_000 };
const DIAL_TIMEOUT_MS = 3_000;
/** @source nats-facts.md: reconnect for ever; an account that is being reloaded must not end the process */
const FOR_EVER = { reconnect: true, maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, maxPingOut: 3, noAsyncTraces: true } as const;

/** Owns one connection to the broker, from the first dial to the drain. Nothing is dialled before `connect()`. */
export class Broker {
  readonly logger: BrokerLogger;
  readonly requestTimeoutMs: number;
  private readonly listeners = new Set<(status: BrokerStatus) => void>();
  private nc: NatsConnection | undefined;
  private js: JetStreamClient | undefined;
  private jsm: JetStreamManager | undefined;
  private connecting: Promise<void> | undefined;
  private info: BrokerServerInfo | undefined;
  private up = false;
  private upSince: Date | undefined;

  constructor(private readonly options: BrokerOptions) {
    this.logger = options.logger ?? SILENT;
    this.requestTimeoutMs = options.requestTimeoutMs ?? 1_000;
  }

  /** The name under which the broker lists this connection. */
  get name(): string {
    return this.options.name;
  }

  /**
   * Connects, and waits for a broker that is not there yet: with growing, jittered pauses, each said as a warning.
   * Calling it again while it connects, or later, is harmless.
   * @param signal ends the waiting
   * @throws BrokerUnreachableError when the signal ended the waiting
   * @throws InvalidServerUrlError, BrokerAuthenticationError, BrokerTlsError, BrokerProtocolError, JetStreamDisabledError where waiting cannot help
   */
  async connect(signal?: AbortSignal): Promise<void> {
    this.connecting ??= this.open(signal).catch((error: unknown) => {
      this.connecting = undefined;
      throw error;
    });
    return this.connecting;
  }

  /**
   * The broker connected to, as of the last (re)connect.
   * @throws NotConnectedError before `connect()` has succeeded
   */
  get serverInfo(): BrokerServerInfo {
    if (this.info === undefined) throw new NotConnectedError(this.name);
    return this.info;
  }

  /** Whether the connection stands at this moment. */
  isConnected(): boolean {
    return this.up;
  }

  /** When the connection was made or made again last; `undefined` before the first time. */
  get lastConnectedAt(): Date | undefined {
    return this.upSince;
  }

  /**
   * Hears what happens to the connection.
   * @returns ends the hearing
   */
  onStatus(listener: (status: BrokerStatus) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Waits until the connection stands; returns early when the signal aborts. */
  async whenConnected(signal: AbortSignal): Promise<void> {
    if (this.up || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stop();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const stop = this.onStatus(({ type }) => {
        if (type === 'connected' || type === 'reconnected') done();
      });
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Messages and bytes that went over this connection since it was opened. */
  stats(): { inMsgs: number; outMsgs: number; inBytes: number; outBytes: number } {
    return this.nc?.stats() ?? { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0 };
  }

  /** Sends what is buffered, lets subscriptions finish, and closes. With the broker gone it closes after `timeoutMs` (default 3,000). */
  async drain(timeoutMs = 3_000): Promise<void> {
    const nc = this.nc;
    if (nc === undefined || nc.isClosed()) return;
    if (this.up)
      await atMost(
        timeoutMs,
        nc.drain().catch(() => undefined),
      );
    if (!nc.isClosed()) await nc.close();
  }

  /** The client's connection, for this library. @throws NotConnectedError */
  get connection(): NatsConnection {
    if (this.nc === undefined || this.nc.isClosed()) throw new NotConnectedError(this.name);
    return this.nc;
  }

  /** The client's JetStream API for messages, for this library. @throws NotConnectedError */
  get streamClient(): JetStreamClient {
    if (this.js === undefined) throw new NotConnectedError(this.name);
    return this.js;
  }

  /** The client's JetStream API for administration, for this library. @throws NotConnectedError */
  get streamManager(): JetStreamManager {
    if (this.jsm === undefined) throw new NotConnectedError(this.name);
    return this.jsm;
  }

  private async open(signal?: AbortSignal): Promise<void> {
    assertServerUrls(this.options.servers);
    const settings = await connectionOptions(this.options);
    const nc = await this.dialUntilThere(settings, signal);
    const statuses = nc.status();
    try {
      await awaitJetStream(nc, { timeoutMs: this.requestTimeoutMs, logger: this.logger, signal });
    } catch (error) {
      await nc.close();
      throw error;
    }
    this.nc = nc;
    this.js = jetstream(nc, { timeout: this.requestTimeoutMs });
    this.jsm = await jetstreamManager(nc, { timeout: this.requestTimeoutMs, checkAPI: false });
    this.standing('connected');
    void this.follow(statuses);
  }

  private async dialUntilThere(settings: ConnectionOptions, signal?: AbortSignal): Promise<NatsConnection> {
    const { servers } = this.options;
    const startedAt = Date.now();
    let failures = 0;
    let reason: unknown;
    while (!signal?.aborted) {
      try {
        return await connect(settings);
      } catch (error) {
        const hopeless = hopelessConnectFailure(error, servers);
        if (hopeless !== undefined) throw hopeless;
        reason = error;
        failures += 1;
        const waitMs = backoffMs(failures, FIRST_CONNECT);
        this.logger.warn(
          { servers, attempt: failures, wait_ms: waitMs, error: messageOf(error) },
          'NATS is not reachable yet, waiting for it',
        );
        await pause(waitMs, signal);
      }
    }
    throw new BrokerUnreachableError(servers, Date.now() - startedAt, reason);
  }

  private standing(type: 'connected' | 'reconnected'): void {
    const nc = this.connection;
    const { version = '', server_name: serverName = '', max_payload: maxPayloadBytes = 0 } = nc.info ?? {};
    const changed = this.info?.version !== version;
    this.info = { version, serverName, maxPayloadBytes, url: nc.getServer() };
    this.up = true;
    this.upSince = new Date();
    if (changed && !meetsSecurityFloor(version)) {
      const fields = { version, floor: '2.12.12 or 2.14.3', server: this.info.url };
      this.logger.warn(
        fields,
        'The NATS server is older than the security fixes of 2026: use it for compatibility tests only, never with several principals',
      );
    }
    this.tell({ type, server: this.info.url });
  }

  private async follow(statuses: AsyncIterable<Status>): Promise<void> {
    for await (const status of statuses) {
      switch (status.type) {
        case 'disconnect':
          this.up = false;
          this.logger.warn({ server: status.server, connection: this.name }, 'NATS disconnected');
          this.tell({ type: 'disconnected', server: status.server });
          break;
        case 'reconnect':
          this.logger.info({ server: status.server, connection: this.name }, 'NATS reconnected');
          this.standing('reconnected');
          break;
        case 'error':
          this.logger.warn({ error: status.error.message, connection: this.name }, 'NATS reports an error');
          this.tell({ type: 'error', error: status.error });
          break;
        case 'ldm':
          this.logger.info({ server: status.server, connection: this.name }, 'The NATS server is about to go: it announced lame duck mode');
          this.tell({ type: 'lame-duck', server: status.server });
          break;
        case 'slowConsumer':
          this.logger.warn({ pending: status.pending, connection: this.name }, 'Messages arrive faster than they are taken: slow consumer');
          this.tell({ type: 'slow-consumer' });
          break;
        default:
          break;
      }
    }
    this.up = false;
    this.logger.info({ connection: this.name }, 'Closed NATS connection');
    this.tell({ type: 'closed' });
  }

  private tell(status: BrokerStatus): void {
    for (const listener of [...this.listeners]) listener(status);
  }
}

async function connectionOptions(options: BrokerOptions): Promise<ConnectionOptions> {
  const creds = options.credsFile === undefined ? undefined : await readFile(options.credsFile);
  return {
    ...FOR_EVER,
    servers: [...options.servers],
    name: options.name,
    timeout: DIAL_TIMEOUT_MS,
    pingInterval: options.pingIntervalMs ?? 20_000,
    reconnectTimeWait: options.reconnectWaitMs ?? 1_000,
    reconnectJitter: options.reconnectJitterMs ?? 1_000,
    reconnectJitterTLS: options.reconnectJitterMs ?? 1_000,
    ...(options.user === undefined ? {} : { user: options.user, pass: options.password ?? '' }),
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(creds) }),
  };
}

/**
 * A bare connection of the client library with the settings that a `Broker` uses, for a benchmark that compares with it.
 * Dials once; the caller closes it.
 */
export async function openRawConnection(options: BrokerOptions): Promise<NatsConnection> {
  return connect(await connectionOptions(options));
}
