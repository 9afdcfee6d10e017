import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { eventually } from '@whoosh/testing';
import { Command, run } from './testing/command.js';

const FILE = 'docker-compose.nats-test.yml';
/** The prefix by which a run that was cut short can be cleaned up. */
const PROJECT = `whoosh-e2e-${randomBytes(4).toString('hex')}`;

async function freePorts(count: number): Promise<string[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function has(command: string): Promise<boolean> {
  return (await new Command('bash', ['-c', `command -v ${command}`]).ended).code === 0;
}

/** What the curl does, for a machine without it. */
async function post(url: string, body: string): Promise<string> {
  const reply = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return reply.text();
}

describe(`docker compose -f ${FILE} up`, () => {
  let env: Record<string, string>;
  let url: string;
  const compose = (...args: string[]) => run('docker', ['compose', '-f', FILE, ...args], env);
  const shell = (line: string) => run('bash', ['-o', 'pipefail', '-c', line], env);

  beforeAll(async () => {
    const [nats = '', monitor = '', whoosh = ''] = await freePorts(3);
    env = { COMPOSE_PROJECT_NAME: PROJECT, NATS_TEST_PORT: nats, NATS_TEST_MONITOR_PORT: monitor, WHOOSH_TEST_PORT: whoosh };
    url = `http://localhost:${whoosh}`;
    await compose('up', '--detach', '--build', '--wait');
  }, 600_000);

  afterAll(async () => {
    await compose('down', '--volumes', '--rmi', 'local', '--timeout', '20');
  }, 120_000);

  it('serves the curl and the grep of the runbook as they stand', async () => {
    const body = `'{"project_name":"test-project","repository":"https://git.example.org/test-project","core_roles":["tpm","developer"]}'`;
    const curl = `curl -sS --fail-with-body -X POST ${url}/api/v1/councils -H "Content-Type: application/json" -d ${body}`;
    const created = (await has('curl')) ? await shell(curl) : await post(`${url}/api/v1/councils`, body.slice(1, -1));
    const { council_id: id } = JSON.parse(created) as { council_id: string };

    const lines = await eventually(
      async () => {
        const found = await shell(`docker compose -f ${FILE} logs | grep "Received council opportunity"`);
        const agents = ['test-agent-1', 'test-agent-2'].map((agent) => found.split('\n').filter((line) => line.includes(agent)));
        expect(agents.map(({ length }) => length)).toEqual([1, 1]);
        return agents.flat();
      },
      { what: 'each agent to have received the opportunity once', timeoutMs: 20_000 },
    );
    expect(lines.every((line) => line.includes(id))).toBe(true);
    await eventually(
      async () => {
        const council = (await (await fetch(`${url}/api/v1/councils/${id}`)).json()) as { roles: { holder?: { agent_id: string } }[] };
        expect(council).toMatchObject({ status: 'active', reach: { answered: 2 } });
        expect(council.roles.map(({ holder }) => holder?.agent_id).sort()).toEqual(['test-agent-1', 'test-agent-2']);
      },
      { what: 'the council to be active with two different holders', timeoutMs: 20_000 },
    );
  });

  it('knows the two agents by the ids that the file gives them', async () => {
    await eventually(
      async () => {
        const { agents } = (await (await fetch(`${url}/api/v1/agents`)).json()) as { agents: { agent_id: string; liveness: string }[] };
        expect(agents.map(({ agent_id, liveness }) => [agent_id, liveness])).toEqual([
          ['test-agent-1', 'online'],
          ['test-agent-2', 'online'],
        ]);
      },
      { what: 'both agents to be online', timeoutMs: 20_000 },
    );
  });

  it('runs the services as a user without rights, from a bundle without node_modules', async () => {
    for (const service of ['whoosh', 'chorus-agent-1']) {
      expect((await compose('exec', '-T', service, 'id', '-un')).trim()).toBe('node');
      expect(await compose('exec', '-T', service, 'ls', '/app')).not.toContain('node_modules');
    }
  });

  it('lets an agent leave in good order when its container is stopped', async () => {
    await compose('stop', '--timeout', '20', 'chorus-agent-2');

    const id = (await compose('ps', '--all', '--quiet', 'chorus-agent-2')).trim();
    expect((await run('docker', ['inspect', '--format', '{{.State.ExitCode}}', id])).trim()).toBe('0');
    await eventually(
      async () => {
        const { agents } = (await (await fetch(`${url}/api/v1/agents`)).json()) as { agents: { agent_id: string }[] };
        expect(agents.map(({ agent_id }) => agent_id)).toEqual(['test-agent-1']);
      },
      { what: 'the agent to be gone from the roster', timeoutMs: 10_000 },
    );
  });
});
