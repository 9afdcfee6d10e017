import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';
import { binaryVersion } from './binary-version.js';
import { resolveNatsServer } from './resolve-nats-server.js';
import { probeServer, readPortsFile, type ServerPorts } from './server-probe.js';
import { logTail, spawnServer, waitUntilStopped, type ServerProcess } from './server-process.js';

/** How to start a broker for a test. */
export interface StartNatsServerOptions {
  /** Folder of the stream store, kept by `stop()`; default a temporary one, removed by `stop()`. */
  readonly storeDir?: string;
  /** Client port; default chosen by the server. */
  readonly port?: number;
  /** Monitoring port; default chosen by the server. */
  readonly monitorPort?: number;
  /** More lines of server configuration, in nats-server's own syntax. */
  readonly config?: readonly string[];
  /** Path of the binary; default what `resolveNatsServer` finds. */
  readonly binary?: string;
  /** The server's name; default a random one. */
  readonly name?: string;
  /** `false` starts a broker without JetStream. Default `true`. */
  readonly jetstream?: boolean;
  /** `listening` does not wait for JetStream: the first server of a cluster is healthy only when it meets its peers. Default `healthy`. */
  readonly waitUntil?: 'healthy' | 'listening';
  /** Milliseconds until a start counts as failed; default 15,000. */
  readonly startTimeoutMs?: number;
}

/** A real nats-server that belongs to the test. */
export interface NatsServer {
  /** For clients: `nats://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string;
  readonly port: number;
  readonly monitorUrl: string;
  /** Of the present run; changes with every restart. */
  readonly pid: number;
  readonly storeDir: string;
  /** All output of all runs. */
  readonly logFile: string;
  readonly version: string;
  readonly serverName: string;
  isRunning(): boolean;
  /** Ends the process, by default at once and without warning (SIGKILL), and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same ports and the same store, after killing it when it runs. */
  restart(): Promise<void>;
  /** Stops the process without ending it: connections stay open and silent. It is silent when this returns. */
  pause(): void;
  /** Ends a pause. */
  resume(): void;
  /** Ends the server and removes what it left behind. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a real nats-server with JetStream on disk and waits until it can be used.
 * @throws Error with the end of the server's log when it does not come up
 */
export async function startNatsServer(options: StartNatsServerOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? (await installedBinary());
  const version = await binaryVersion(binary);
  const ownStore = options.storeDir === undefined;
  const storeDir = options.storeDir ?? (await mkdtemp(join(tmpdir(), 'nats-store-')));
  await mkdir(join(storeDir, 'ports'), { recursive: true });
  const server = new LaunchedServer({
    ...options,
    binary,
    version,
    storeDir,
    ownStore,
    serverName: options.name ?? `test-${randomUUID()}`,
  });
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function installedBinary(): Promise<string> {
  const resolved = await resolveNatsServer({ acceptUrl: false });
  if (resolved.kind === 'url') throw new Error('unreachable: a URL was not asked for');
  return resolved.path;
}

interface LaunchSettings extends StartNatsServerOptions {
  readonly binary: string;
  readonly version: string;
  readonly storeDir: string;
  readonly ownStore: boolean;
  readonly serverName: string;
}

class LaunchedServer implements NatsServer {
  readonly storeDir: string;
  readonly logFile: string;
  readonly version: string;
  readonly serverName: string;
  private process: ServerProcess | undefined;
  private ports: ServerPorts | undefined;

  constructor(private readonly settings: LaunchSettings) {
    this.storeDir = settings.storeDir;
    this.version = settings.version;
    this.serverName = settings.serverName;
    this.logFile = join(settings.storeDir, 'nats-server.log');
  }

  get port(): number {
    return this.ports?.client ?? 0;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get monitorUrl(): string {
    return `http://127.0.0.1:${this.ports?.monitor ?? 0}`;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  isRunning(): boolean {
    return this.process?.isRunning() ?? false;
  }

  async start(): Promise<void> {
    const started = spawnServer(this.settings.binary, await this.arguments(), this.logFile);
    this.process = started;
    const { serverName } = this.settings;
    try {
      await eventually(
        async () => {
          if (!started.isRunning()) throw new Error('it ended by itself');
          const ports = this.ports ?? (await readPortsFile(join(this.storeDir, 'ports'), started.pid));
          if (ports === undefined) throw new Error('it has not said yet on which ports it listens');
          await probeServer(ports, serverName, {
            jetstream: this.settings.jetstream ?? true,
            healthy: this.settings.waitUntil !== 'listening',
          });
          this.ports = ports;
        },
        {
          what: `nats-server ${this.version} is up`,
          timeoutMs: this.settings.startTimeoutMs ?? 15_000,
          intervalMs: 10,
          giveUpWhen: () => !started.isRunning(),
        },
      );
    } catch (error) {
      // It may have ended between two looks at it: then that is what happened, whatever the last look missed.
      const ended = started.isRunning() ? '' : `nats-server ${this.version} ended by itself. `;
      throw new Error(`${ended}${(error as Error).message}\nThe end of its log (${this.logFile}):\n${await logTail(this.logFile)}`, {
        cause: error,
      });
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.process?.end(signal);
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
    waitUntilStopped(this.pid);
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.settings.ownStore) await rm(this.storeDir, { recursive: true, force: true, maxRetries: 3 });
  }

  private async arguments(): Promise<string[]> {
    const { settings } = this;
    const client = this.ports?.client ?? settings.port ?? -1;
    const monitor = this.ports?.monitor ?? settings.monitorPort ?? -1;
    const args = ['-a', '127.0.0.1', '-p', String(client), '-m', String(monitor), '-n', settings.serverName];
    args.push('--ports_file_dir', join(this.storeDir, 'ports'));
    if (settings.jetstream ?? true) args.push('-js', '-sd', this.storeDir);
    if (settings.config !== undefined) {
      const file = join(this.storeDir, 'nats-server.conf');
      await writeFile(file, `${settings.config.join('\n')}\n`);
      args.push('-c', file);
    }
    return args;
  }
}
