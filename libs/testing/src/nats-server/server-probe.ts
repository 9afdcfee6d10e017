import { readFile, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** The two ports of a running server. */
export interface ServerPorts {
  readonly client: number;
  readonly monitor: number;
}

/**
 * Reads the ports that a server chose, from the file that it writes when it listens.
 * @returns `undefined` until the file is there and complete
 */
export async function readPortsFile(folder: string, pid: number): Promise<ServerPorts | undefined> {
  const files = await readdir(folder).catch(() => []);
  const file = files.find((name) => name.endsWith(`_${pid}.ports`));
  if (file === undefined) return undefined;
  try {
    const ports = JSON.parse(await readFile(join(folder, file), 'utf8')) as { nats?: string[]; monitoring?: string[] };
    const client = portOf(ports.nats?.[0]);
    const monitor = portOf(ports.monitoring?.[0]);
    return client && monitor ? { client, monitor } : undefined;
  } catch {
    return undefined;
  }
}

function portOf(url: string | undefined): number {
  return url === undefined ? 0 : Number(/:(\d+)$/.exec(url)?.[1] ?? 0);
}

/**
 * Whether the server with this name is up: its monitoring port answers under that name, its client port greets, and
 * (with JetStream) its stream store is recovered and the JetStream API replies.
 * @throws Error saying what is not there yet
 */
export async function probeServer(ports: ServerPorts, serverName: string, expect: { jetstream: boolean; healthy: boolean }): Promise<void> {
  const monitor = `http://127.0.0.1:${ports.monitor}`;
  const about = (await getJson(`${monitor}/varz`)) as { server_name?: string };
  if (about.server_name !== serverName) throw new Error(`port ${ports.monitor} belongs to the server ${about.server_name}`);
  if (expect.healthy) await getJson(`${monitor}/healthz`);
  const greeting = await clientGreeting(ports.client);
  if (!expect.jetstream || !expect.healthy) return;
  if (!greeting.includes('"jetstream":true')) throw new Error('the server greets without JetStream');
  const account = (await getJson(`${monitor}/jsz`)) as { disabled?: boolean };
  if (account.disabled) throw new Error('JetStream is disabled');
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000), headers: { connection: 'close' } });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body.slice(0, 200)}`);
  return JSON.parse(body);
}

function clientGreeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setTimeout(2_000, () => socket.destroy(new Error(`port ${port} accepts but does not greet`)));
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\r\n')) return;
      socket.destroy();
      resolve(text);
    });
  });
}
