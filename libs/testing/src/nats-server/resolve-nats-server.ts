import { delimiter, join } from 'node:path';
import { fetchWithApt } from './apt-binary.js';
import { binaryVersion } from './binary-version.js';
import { fetchFromDocker } from './docker-binary.js';
import { workspaceRoot } from './workspace-root.js';

/** A broker to use: one that runs somewhere already, or a binary to start. */
export type ResolvedNatsServer =
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'binary';
      readonly path: string;
      /** Without its "v", for example `2.10.27`. */
      readonly version: string;
      /** The step that found it, in words. */
      readonly source: string;
    };

/** Where to look. Every field has the default that `npm start` and `npm test` use. */
export interface ResolveNatsServerOptions {
  /** Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder for a fetched binary; default `.whoosh/nats-server` in the checkout. */
  readonly cacheDir?: string;
  /** `false` when the caller must own the server's process: `NATS_URL` is then not looked at. Default `true`. */
  readonly acceptUrl?: boolean;
  /** Folders looked into after those of PATH; default /usr/sbin and the two of /usr/local. */
  readonly systemDirs?: readonly string[];
  /** Steps that may fetch something; default apt, then Docker. An empty list stays on this machine. */
  readonly fetchers?: readonly BinaryFetcher[];
}

/** One way to get the binary from elsewhere; rejects with the reason when it cannot. */
export interface BinaryFetcher {
  readonly name: string;
  fetch(target: string): Promise<{ version: string; source: string }>;
}

/** No nats-server on this machine, and none could be fetched. */
export class NatsServerNotFoundError extends Error {
  override readonly name = 'NatsServerNotFoundError';
  readonly code = 'nats_server_not_found';

  constructor(readonly attempts: readonly string[]) {
    super(
      `No nats-server was found:\n${attempts.map((attempt) => `  - ${attempt}`).join('\n')}\n` +
        'Install one (Debian and Ubuntu: "apt-get install nats-server"; macOS: "brew install nats-server"; others: https://github.com/nats-io/nats-server/releases), ' +
        'or set NATS_SERVER_BIN to the path of a binary, or NATS_URL to a broker that runs with JetStream.',
    );
  }
}

/** Debian puts servers where an ordinary user's PATH does not look. */
const SYSTEM_DIRS = ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];

const APT: BinaryFetcher = {
  name: 'apt-get download',
  fetch: async (target) => {
    const { version, suite } = await fetchWithApt(target);
    return { version, source: `apt-get download (${suite})` };
  },
};
const DOCKER: BinaryFetcher = {
  name: 'Docker',
  fetch: async (target) => {
    const { version, image } = await fetchFromDocker(target);
    return { version, source: `Docker image ${image}` };
  },
};

/**
 * Finds a real nats-server: `NATS_URL`, `NATS_SERVER_BIN`, PATH and /usr/sbin, the checkout's cache, apt (no root), Docker.
 * @throws NatsServerNotFoundError with the reason of every step
 * @throws Error when `NATS_SERVER_BIN` is set to something that does not run: a wrong setting is not passed over
 */
export async function resolveNatsServer(options: ResolveNatsServerOptions = {}): Promise<ResolvedNatsServer> {
  const env = options.env ?? process.env;
  const attempts: string[] = [];
  if (options.acceptUrl ?? true) {
    if (env['NATS_URL']) return { kind: 'url', url: env['NATS_URL'] };
    attempts.push('NATS_URL: not set');
  }
  const chosen = env['NATS_SERVER_BIN'];
  if (chosen) return { kind: 'binary', path: chosen, version: await chosenVersion(chosen), source: 'NATS_SERVER_BIN' };
  attempts.push('NATS_SERVER_BIN: not set');

  const cached = join(options.cacheDir ?? join(workspaceRoot(), '.whoosh', 'nats-server'), 'nats-server');
  const places = [
    ...searchPath(env, options.systemDirs ?? SYSTEM_DIRS).map((path) => ({ path, source: 'PATH' })),
    { path: cached, source: 'cache' },
  ];
  for (const { path, source } of places) {
    try {
      return { kind: 'binary', path, version: await binaryVersion(path), source };
    } catch (error) {
      const reason = reasonOf(error);
      if (!reason.includes('is not installed')) attempts.push(`${source}: ${reason}`);
    }
  }
  attempts.push('PATH and /usr/sbin: no nats-server that runs', `cache: no nats-server that runs at ${cached}`);

  for (const fetcher of options.fetchers ?? [APT, DOCKER]) {
    try {
      return { kind: 'binary', path: cached, ...(await fetcher.fetch(cached)) };
    } catch (error) {
      attempts.push(`${fetcher.name}: ${reasonOf(error)}`);
    }
  }
  throw new NatsServerNotFoundError(attempts);
}

async function chosenVersion(path: string): Promise<string> {
  try {
    return await binaryVersion(path);
  } catch (error) {
    throw new Error(`NATS_SERVER_BIN=${path} cannot be used (${reasonOf(error)}). Correct it or unset it.`, { cause: error });
  }
}

function searchPath(env: NodeJS.ProcessEnv, systemDirs: readonly string[]): string[] {
  const folders = [...(env['PATH'] ?? '').split(delimiter), ...systemDirs].filter((folder) => folder !== '');
  return [...new Set(folders)].map((folder) => join(folder, 'nats-server'));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
