import { spawn } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../eventually.js';
import { resolveNatsServer, type BinaryFetcher } from './resolve-nats-server.js';
import { startNatsServer } from './start-nats-server.js';

describe('looking for a nats-server', () => {
  let folder: string;
  let real: string;
  beforeAll(async () => {
    const resolved = await resolveNatsServer({ acceptUrl: false });
    if (resolved.kind === 'url') throw new Error('a URL was not asked for');
    real = resolved.path;
  });
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'resolve-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const nothing = { systemDirs: [], fetchers: [] as BinaryFetcher[] };

  it('takes NATS_URL first, then NATS_SERVER_BIN', async () => {
    const env = { NATS_URL: 'nats://elsewhere:4222', NATS_SERVER_BIN: real };
    expect(await resolveNatsServer({ env })).toEqual({ kind: 'url', url: 'nats://elsewhere:4222' });
    expect(await resolveNatsServer({ env, acceptUrl: false })).toMatchObject({ kind: 'binary', path: real, source: 'NATS_SERVER_BIN' });
  });

  it('does not pass over a NATS_SERVER_BIN that does not run', async () => {
    await expect(resolveNatsServer({ env: { NATS_SERVER_BIN: join(folder, 'absent') } })).rejects.toThrow(
      /NATS_SERVER_BIN=.*absent cannot be used/,
    );
  });

  it('finds one on the PATH, and reports its version', async () => {
    await symlink(real, join(folder, 'nats-server'));
    const found = await resolveNatsServer({ env: { PATH: folder }, ...nothing });
    expect(found).toEqual({
      kind: 'binary',
      path: join(folder, 'nats-server'),
      version: expect.stringMatching(/^2\.\d+\.\d+/) as string,
      source: 'PATH',
    });
  });

  it('fetches one into the cache, and finds it there the next time', async () => {
    const cacheDir = join(folder, 'cache');
    const fetcher: BinaryFetcher = {
      name: 'test',
      fetch: async (target) => {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, '#!/bin/sh\necho "nats-server: v2.99.1"\n');
        await chmod(target, 0o755);
        return { version: '2.99.1', source: 'a test' };
      },
    };
    const options = { env: { PATH: '/nowhere' }, systemDirs: [], cacheDir };
    expect(await resolveNatsServer({ ...options, fetchers: [fetcher] })).toMatchObject({ version: '2.99.1', source: 'a test' });
    expect(await resolveNatsServer({ ...options, ...nothing })).toMatchObject({ version: '2.99.1', source: 'cache' });
  });

  it('says why each step failed, and what to install', async () => {
    const failing = (name: string): BinaryFetcher => ({ name, fetch: () => Promise.reject(new Error(`${name} is not possible`)) });
    const looking = resolveNatsServer({
      env: { PATH: '/nowhere' },
      cacheDir: folder,
      fetchers: [failing('apt-get download'), failing('Docker')],
    });
    await expect(looking).rejects.toMatchObject({
      code: 'nats_server_not_found',
      message: expect.stringContaining('apt-get install nats-server') as string,
    });
    await expect(looking).rejects.toThrow(/NATS_URL: not set[^]*Docker: Docker is not possible/);
  });
});

describe('a launched nats-server', () => {
  it('listens on ports that it chose, keeps them and its store over a restart, and leaves nothing behind', async () => {
    const server = await startNatsServer();
    const { port, storeDir } = server;
    const firstPid = server.pid;
    expect(await greeting(port)).toContain(`"server_name":"${server.serverName}"`);
    await server.kill();
    expect(server.isRunning()).toBe(false);
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(firstPid);
    expect(await greeting(port)).toContain('"jetstream":true');
    await server.stop();
    await server.stop();
    expect(server.isRunning()).toBe(false);
    expect(await exists(storeDir)).toBe(false);
  });

  it('shows the end of its log when it cannot start', async () => {
    await expect(startNatsServer({ config: ['bogus: 1'] })).rejects.toThrow(/ended by itself[^]*unknown field "bogus"/);
  });

  it('does not outlive the process that started it, even when that is killed', async () => {
    const dist = new URL('../../dist/index.js', import.meta.url).href;
    const script = `const { startNatsServer } = await import('${dist}'); const server = await startNatsServer(); console.log(server.pid, server.storeDir); setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())));
    const [pid = '', storeDir = ''] = line.split(' ');
    child.kill('SIGKILL');
    await eventually(async () => expect(await isAlive(Number(pid))).toBe(false), { what: 'the server is gone' });
    await rm(storeDir, { recursive: true, force: true });
  });
});

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A killed child of a killed parent may wait for its burial: that is not alive.
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) Z /.test(status);
}

function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
  });
}
