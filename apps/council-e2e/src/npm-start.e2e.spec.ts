import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@whoosh/testing';
import { Command, ROOT } from './testing/command.js';

interface RunState {
  url: string;
  natsUrl: string;
  children: { name: string; pid: number }[];
}

/** `npm start` with a state folder of its own, so that the developer's is left alone. */
class Start {
  readonly folder = mkdtempSync(join(tmpdir(), 'whoosh-start-'));
  private readonly commands: Command[] = [];

  run(...args: string[]): Command {
    return this.runWith({}, ...args);
  }

  /** With npm and its shell in between, as a user has it. */
  runByNpm(...args: string[]): Command {
    return this.command('npm', ['start', '--', ...args]);
  }

  runWith(env: Record<string, string>, ...args: string[]): Command {
    return this.command(process.execPath, [join(ROOT, 'tools/start.mjs'), ...args], env);
  }

  private command(program: string, args: string[], settings: Record<string, string> = {}): Command {
    // A user's settings of ours must not decide the outcome.
    const foreign = Object.keys(process.env).filter((name) => /^(WHOOSH_|CHORUS_|NATS_URL|TEST_)/.test(name));
    const env = { ...Object.fromEntries(foreign.map((name) => [name, undefined])), ...settings, START_STATE_DIR: this.folder };
    const command = new Command(program, args, env);
    this.commands.push(command);
    return command;
  }

  state(): RunState {
    return JSON.parse(readFileSync(join(this.folder, 'run.json'), 'utf8')) as RunState;
  }

  async end(): Promise<void> {
    for (const command of this.commands) command.signal('SIGTERM');
    await Promise.all(this.commands.map((command) => command.ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(children: RunState['children'], name: string): void {
  const victim = children.find((child) => child.name === name);
  if (victim === undefined) throw new Error(`${name} is not among ${children.map((child) => child.name).join(', ')}`);
  process.kill(victim.pid, 'SIGKILL');
}

async function json(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

describe('npm start', () => {
  let start: Start;

  beforeEach(() => {
    start = new Start();
  });

  afterEach(() => start.end());

  it('forms a council with every agent, says where everything is, and stops all of it on Ctrl-C', async () => {
    const command = start.run('--agents', '3');
    await command.says('Ctrl-C stops everything');

    expect(command.output).toContain('is active after');
    expect(command.output).toContain('3 of 3 agents answered');
    const { url, children } = start.state();
    expect(children.map(({ name }) => name)).toEqual(['nats-server', 'coordinator', 'agent-1', 'agent-2', 'agent-3']);
    expect(await json(`${url}/api/v1/agents`)).toMatchObject({ total: 3, online: 3 });
    expect((await fetch(`${url}/docs`)).status).toBe(200);

    command.signal('SIGINT');
    expect((await command.ended).code).toBe(0);
    expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('says what runs when it is started again beside itself', async () => {
    const first = start.run('--agents', '1');
    await first.says('Ctrl-C stops everything');
    const { url, children } = start.state();

    const { code, output } = await start.run('--agents', '9').ended;

    expect(code).toBe(0);
    expect(output).toContain('with 1 agents in this checkout already');
    expect(output).toContain(`${url}/api/v1/councils`);
    expect(children.every(({ pid }) => isAlive(pid))).toBe(true);
  });

  it('takes other ports beside a copy of itself', async () => {
    const beside = new Start();
    try {
      const commands = [start.run('--agents', '1'), beside.run('--agents', '1')];
      await Promise.all(commands.map((command) => command.says('Ctrl-C stops everything')));
      expect(start.state().url).not.toBe(beside.state().url);
      expect(start.state().natsUrl).not.toBe(beside.state().natsUrl);
    } finally {
      await beside.end();
    }
  });

  it('knows its councils again after a restart', async () => {
    const first = start.run('--agents', '1');
    await first.says('Ctrl-C stops everything');
    const [before] = ((await json(`${start.state().url}/api/v1/councils`))['councils'] as { council_id: string }[]) ?? [];
    first.signal('SIGINT');
    await first.ended;

    await start.run('--agents', '1').says('Ctrl-C stops everything');

    const council = await json(`${start.state().url}/api/v1/councils/${before?.council_id}`);
    expect(council).toMatchObject({ council_id: before?.council_id, project_name: 'demonstration' });
  });

  it('shows the last log lines and stops the rest when the coordinator dies', async () => {
    const command = start.run('--agents', '2');
    await command.says('Ctrl-C stops everything');
    const { children } = start.state();

    kill(children, 'coordinator');

    const { code, output } = await command.ended;
    expect(code).toBe(1);
    expect(output).toContain('coordinator ended (signal SIGKILL). Its last log lines');
    expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('goes on when agents die, and says so', async () => {
    const command = start.run('--agents', '2');
    await command.says('Ctrl-C stops everything');
    const { children, url } = start.state();

    kill(children, 'agent-2');
    await command.says(
      'agent-2 ended (signal SIGKILL); its roles go to the next bidder that is free, once three of its beats are missing. Its log: ',
    );
    kill(children, 'agent-1');
    await command.says('agent-1 ended (signal SIGKILL); no agent is left to take its roles. Its log: ');

    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    command.signal('SIGINT');
    expect((await command.ended).code).toBe(0);
    expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('stops everything when npm gets %s', async (signal) => {
    const npm = start.runByNpm('--agents', '1');
    await npm.says('Ctrl-C stops everything');
    const { children } = start.state();

    npm.signal(signal);

    // The output ends with the last process that writes to it.
    expect((await npm.ended).output).toContain('Stopped.');
    expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('ends what a killed predecessor left, and nothing else', async () => {
    const killed = start.run('--agents', '1');
    await killed.says('Ctrl-C stops everything');
    const { children } = start.state();
    killed.signal('SIGKILL');
    await killed.ended;

    const command = start.run('--agents', '0');
    await command.says('Ctrl-C stops everything');

    expect(command.output).toContain('Ended what an earlier npm start left behind: nats-server, coordinator, agent-1.');
    await eventually(() => expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]), { what: 'the orphans to be gone' });
  });

  it('waits for no answer of an agent that was killed with everything else', async () => {
    const killed = start.run('--agents', '3');
    await killed.says('Ctrl-C stops everything');
    const { children } = start.state();
    killed.signal('SIGKILL');
    for (const { name } of children) kill(children, name);
    await killed.ended;

    const command = start.run('--agents', '1');
    await command.says('Ctrl-C stops everything');

    expect(command.output).toContain('1 of 1 agents answered');
    expect(await json(`${start.state().url}/api/v1/agents`)).toMatchObject({ total: 1, online: 1 });
  });

  it('refuses a port that is taken and an option that it does not have', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      const taken = await start.run('--port', String(port)).ended;
      expect(taken.code).toBe(1);
      expect(taken.output).toContain(`Port ${port} is taken by another process.`);
      expect(taken.output).not.toContain('Broker');
    } finally {
      holder.close();
    }
    const unknown = await start.run('--agnets', '3').ended;
    expect(unknown.code).toBe(2);
    expect(unknown.output).toContain('npm start has no option --agnets.');
  });

  it.each([
    ['not a url', 'it cannot be parsed'],
    ['http://localhost:4222', 'its scheme is http://'],
  ])('refuses the NATS_URL "%s"', async (url, reason) => {
    const { code, output } = await start.runWith({ NATS_URL: url }, '--agents', '0').ended;
    expect(code).toBe(1);
    expect(output).toContain(`NATS_URL: "${url}" is not the address of a NATS server (${reason}). Set it to something like nats://`);
  });
});
