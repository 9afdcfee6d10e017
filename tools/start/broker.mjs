// The broker of `npm start`: a real nats-server with JetStream on disk in the checkout, or the one that NATS_URL names.
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root, startFolder } from '../lib/workspace.mjs';
import { Child } from './child.mjs';
import { StartError } from './start-error.mjs';
import { natsAddresses, withoutCredentials } from './nats-url.mjs';
import { freePortFrom } from './ports.mjs';

const HOST = '127.0.0.1';

/**
 * @typedef {object} Broker
 * @property {string} url
 * @property {string} [monitorUrl]
 * @property {Child} [child] absent when the broker is somebody else's
 */

/**
 * @param {{ logs: string, own: (child: Child) => void, note: (text: string) => void }} context `own` is told of the process at once
 * @returns {Promise<Broker>} accepts connections
 */
export async function startBroker({ logs, own, note }) {
  const { resolveNatsServer } = await import(pathToFileURL(join(root, 'libs/testing/dist/index.js')).href);
  const found = await resolveNatsServer();
  if (found.kind === 'url') {
    note(`uses NATS_URL ${withoutCredentials(found.url)}`);
    await mustAnswer(found.url);
    return { url: found.url };
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePortFrom(4222, HOST);
    const monitorPort = await freePortFrom(8222, HOST, new Set([port]));
    const config = writeConfig({ port, monitorPort, version: found.version });
    const child = new Child({ name: 'nats-server', command: found.path, args: ['-c', config], log: join(logs, 'nats-server.log') });
    own(child);
    try {
      const monitorUrl = `http://${HOST}:${monitorPort}`;
      await Promise.race([answers(`${monitorUrl}/healthz`), child.unexpectedEnd()]);
      note(`${found.version} (${found.source}), port ${port}, JetStream on disk`);
      return { url: `nats://${HOST}:${port}`, monitorUrl, child };
    } catch (error) {
      // Another process may have taken the port in between.
      if (attempt === 3 || !(error instanceof StartError) || !/address already in use/.test(error.message)) throw error;
    }
  }
}

/** @param {{ port: number, monitorPort: number, version: string }} options @returns {string} the file's path */
function writeConfig({ port, monitorPort, version }) {
  const store = join(startFolder, 'nats');
  mkdirSync(store, { recursive: true });
  // Without it an operating-system crash loses up to two minutes of acknowledged writes; 2.9 does not know the setting.
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const sync = major > 2 || (major === 2 && minor >= 10) ? '  sync_interval: always\n' : '';
  const lines = [
    '# Written by npm start at each start.',
    'server_name: whoosh-local',
    `listen: "${HOST}:${port}"`,
    `http: "${HOST}:${monitorPort}"`,
    `jetstream {\n  store_dir: ${JSON.stringify(store)}\n  max_memory_store: 256MB\n  max_file_store: 4GB\n${sync}}`,
    '',
  ];
  const path = join(startFolder, 'nats-server.conf');
  writeFileSync(path, lines.join('\n'));
  return path;
}

/** @param {string} url polled until it answers 200 */
async function answers(url) {
  for (const deadline = Date.now() + 30_000; ;) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(({ ok }) => ok).catch(() => false); // prettier-ignore
    if (ok) return;
    if (Date.now() > deadline) throw new Error(`${url} did not answer within 30 s.`);
    await wait(20);
  }
}

/** @param {string} servers of NATS_URL */
async function mustAnswer(servers) {
  const failures = [];
  for (const { host, port } of natsAddresses(servers)) {
    const failure = await tryConnect(host, port);
    if (failure === undefined) return;
    failures.push(`${host}:${port} (${failure})`);
  }
  throw new StartError(
    `No broker answers at NATS_URL: ${failures.join(', ')}. Start it, correct NATS_URL, or unset it to let npm start run one.`,
  );
}

/** @param {string} host @param {number} port @returns {Promise<string | undefined>} why it failed */
function tryConnect(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3_000 });
    const done = (/** @type {string | undefined} */ failure) => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => done(undefined));
    socket.once('timeout', () => done('no answer within 3 s'));
    socket.once('error', (error) => done(error.message || 'refused'));
  });
}
