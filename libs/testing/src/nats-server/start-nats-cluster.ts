import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { eventually } from '../eventually.js';
import { startNatsServer, type NatsServer, type StartNatsServerOptions } from './start-nats-server.js';

/** Three real nats-servers with JetStream that elect their leaders. */
export interface NatsCluster {
  readonly servers: readonly NatsServer[];
  readonly urls: readonly string[];
  /** The server of this name; for finding a stream's or a consumer's leader. */
  byName(name: string): NatsServer;
  /** Ends all servers and removes what they left behind. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster of three and waits until each server calls itself healthy, which needs a leader of the cluster.
 * @param options for each of the servers
 */
export async function startNatsCluster(options: Pick<StartNatsServerOptions, 'binary' | 'config'> = {}): Promise<NatsCluster> {
  const ports = await freePorts(3);
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  const name = `test-${randomUUID().slice(0, 8)}`;
  const servers: NatsServer[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.stop())));
  try {
    for (const [index, port] of ports.entries()) {
      const cluster = `cluster { name: ${name}, listen: "127.0.0.1:${port}", routes: [${routes}] }`;
      const config = [...(options.config ?? []), cluster];
      servers.push(await startNatsServer({ ...options, config, name: `${name}-${index + 1}`, waitUntil: 'listening' }));
    }
    await eventually(() => Promise.all(servers.map(assertHealthy)), {
      what: 'the cluster has a leader',
      timeoutMs: 60_000,
      intervalMs: 100,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    servers,
    urls: servers.map(({ url }) => url),
    byName: (wanted) => {
      const found = servers.find(({ serverName }) => serverName === wanted);
      if (found === undefined) throw new Error(`no server of this cluster is called ${wanted}`);
      return found;
    },
    stop,
  };
}

async function assertHealthy({ monitorUrl }: NatsServer): Promise<void> {
  const response = await fetch(`${monitorUrl}/healthz`, { signal: AbortSignal.timeout(2_000), headers: { connection: 'close' } });
  if (!response.ok) throw new Error(`${monitorUrl}/healthz answers ${response.status}: ${await response.text()}`);
}

/** Routes must be known before the servers run, so these ports are chosen here: free at this moment. */
async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer();
      await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
