import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { eventually, startNatsServer } from '@whoosh/testing';
import type { NatsServer } from '@whoosh/testing';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** An agent as a process of its own, with nothing in its environment but what it is given. */
function run(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, output: () => output };
}

describe('the process of an agent', () => {
  let nats: NatsServer;
  beforeAll(async () => void (nats = await startNatsServer()));
  afterAll(() => nats.stop());

  it('listens, and ends with exit code 0 soon after SIGTERM', async () => {
    const agent = run({ NATS_URL: nats.url, CHORUS_AGENT_ID: 'proc-a', CHORUS_AGENT_PORT: '0' });
    await eventually(() => agent.output().includes('CHORUS agent listening for council opportunities via NATS'), { what: 'it listens' });
    const toldAt = Date.now();
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toBe(0);
    expect(Date.now() - toldAt).toBeLessThan(3_000);
    expect(agent.output()).toContain('Closed NATS connection');
  });

  it('does not start with bad or unknown settings, and names every one of them', async () => {
    const agent = run({ NATS_URL: nats.url, CHORUS_AGENT_IDD: 'x', CHORUS_MAX_TASKS: 'many' });
    expect(await agent.ended).toBe(1);
    expect(agent.output()).toMatch(/CHORUS_AGENT_IDD is no setting. Did you mean CHORUS_AGENT_ID\?/);
    expect(agent.output()).toContain('CHORUS_MAX_TASKS must be a whole number');
  });

  it('does not start on a taken port, and names the setting', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, resolve));
    const { port } = other.address() as AddressInfo;
    const agent = run({ NATS_URL: nats.url, CHORUS_AGENT_ID: 'proc-b', CHORUS_AGENT_PORT: String(port) });
    expect(await agent.ended).toBe(1);
    other.close();
    expect(agent.output()).toContain(
      `Port ${port} is taken by another process. Stop that process, or set CHORUS_AGENT_PORT to a free port.`,
    );
  });

  it('does not start with a broker without JetStream, and says how to enable it', async () => {
    const plain = await startNatsServer({ jetstream: false });
    try {
      const agent = run({ NATS_URL: plain.url, CHORUS_AGENT_ID: 'proc-c', CHORUS_AGENT_PORT: '0' });
      expect(await agent.ended).toBe(1);
      expect(agent.output()).toMatch(/JetStream.*(--jetstream|jetstream)/i);
    } finally {
      await plain.stop();
    }
  });

  it('waits for a broker that is not there yet, and ends at once when told so', async () => {
    const agent = run({ NATS_URL: 'nats://127.0.0.1:9', CHORUS_AGENT_ID: 'proc-d', CHORUS_AGENT_PORT: '0' });
    await eventually(() => agent.output().includes('NATS is not reachable yet, waiting for it'), { what: 'it waits' });
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toBe(0);
  });
});
