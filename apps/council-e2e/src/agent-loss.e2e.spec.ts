import { agentKey, AgentPresence, BUCKETS, decode, encode, STREAMS } from '@whoosh/council-contracts';
import { consumerFloors, DocumentBucket } from '@whoosh/jetstream';
import { holderOf, type ShownCouncil } from './harness/council-api.js';
import { type Agent, Rig } from './harness/rig.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];
/** So that three missed beats are over soon. */
const QUICK = { CHORUS_PRESENCE_INTERVAL_MS: '500', CHORUS_MAX_TASKS: '100' };
const STALE = 'Presence stale: nobody beats, so liveness is frozen and nothing is declared lost';
const BACK = 'Presence is back; silence counts from now on';
const HEARD = 'Received council opportunity from NATS';

describe('an agent that is lost', () => {
  const rig = new Rig({ agents: AGENTS, agentSettings: QUICK });
  beforeAll(() => rig.start());
  afterEach(() => rig.api().sees([...rig.agents.keys()]));
  afterAll(() => rig.stop());

  /** An active council and the agent that is its tpm. */
  async function activeCouncil(): Promise<{ council: ShownCouncil; holder: Agent }> {
    const id = await rig.api().request({});
    const council = await rig.api().reaches(id, 'active');
    return { council, holder: rig.agent(holderOf(council, 'tpm')) };
  }

  const tpmOf = ({ roles }: ShownCouncil) => roles.find(({ role_name }) => role_name === 'tpm');

  /** The role is with another agent, nobody was asked again, and the others kept what they had. */
  async function expectHandedOn(council: ShownCouncil, lost: Agent): Promise<void> {
    const after = await rig.api().reaches(council.council_id, 'active', (now) => tpmOf(now)?.generation === 2);
    expect(holderOf(after, 'tpm')).not.toBe(lost.id);
    expect(holderOf(after, 'developer')).toBe(holderOf(council, 'developer'));
    expect(after.attempt).toBe(1);
    const successor = rig.agent(holderOf(after, 'tpm'));
    await successor.process.says('Role assigned, work starts', { council_id: council.council_id, role_name: 'tpm', generation: 2 });
    for (const { process } of rig.agents.values())
      expect(process.lines(HEARD, { council_id: council.council_id }).length).toBeLessThanOrEqual(1);
  }

  it('by SIGTERM leaves in good order: exit code 0 within 3 s, no presence and no consumer left', async () => {
    const { council, holder } = await activeCouncil();
    const toldAt = Date.now();

    expect(await holder.process.stop('SIGTERM')).toEqual({ code: 0, signal: null });

    expect(Date.now() - toldAt).toBeLessThan(3_000);
    const broker = await rig.broker();
    const codec = { encode, decode: (bytes: Uint8Array) => decode(AgentPresence, bytes) };
    expect(await new DocumentBucket(broker, BUCKETS.agents.name, codec).get(agentKey(holder.id))).toBeUndefined();
    const consumers = (await consumerFloors(broker, STREAMS.councils.name)).map(({ name }) => name);
    expect(consumers.length).toBeGreaterThan(0);
    expect(consumers.filter((name) => name.includes(holder.id))).toEqual([]);
    await expectHandedOn(council, holder);
    await rig.startAgent(holder.id);
  });

  it('by SIGKILL loses its role to the next bidder once its presence has run out', async () => {
    const { council, holder } = await activeCouncil();
    await holder.process.stop('SIGKILL');

    await expectHandedOn(council, holder);
    expect(rig.coordinators[0]?.process.lines('Role lost its holder; it is open again', { council_id: council.council_id })).toEqual([
      expect.objectContaining({ role_name: 'tpm', generation: 1, reason: expect.stringContaining('offline') as string }),
    ]);
    await rig.startAgent(holder.id);
  });

  it('by silence stops its work when it comes back, because the role is another agent’s by then', async () => {
    const { council, holder } = await activeCouncil();
    holder.process.signal('SIGSTOP');
    await expectHandedOn(council, holder);

    holder.process.signal('SIGCONT');

    const fields = { council_id: council.council_id, role_name: 'tpm', generation: 1 };
    await holder.process.says('Role is no longer held by this agent, work on it stops', fields);
    const after = await rig.api().council(council.council_id);
    expect([after.status, tpmOf(after)?.generation]).toEqual(['active', 2]);
  });

  it('by a restart is another holder: its role is handed on, and may come back to it', async () => {
    const { council, holder } = await activeCouncil();
    await holder.process.stop('SIGKILL');
    await rig.startAgent(holder.id);

    const after = await rig.api().reaches(council.council_id, 'active', (now) => tpmOf(now)?.generation === 2);
    expect(tpmOf(after)?.holder?.instance_id).not.toBe(tpmOf(council)?.holder?.instance_id);
  });

  it('with all the others at once, because the channel is sick, keeps its role when they come back one by one', async () => {
    const { council } = await activeCouncil();
    const [first, ...others] = [...rig.agents.values()];
    const coordinator = rig.coordinators[0]?.process;
    const [stale, back] = [STALE, BACK].map((sentence) => coordinator?.lines(sentence).length);
    for (const { process } of rig.agents.values()) process.signal('SIGSTOP');
    await coordinator?.says(STALE, {}, stale);

    first?.process.signal('SIGCONT');
    await coordinator?.says(BACK, {}, back);
    for (const { process } of others) process.signal('SIGCONT');

    await rig.api().sees([...rig.agents.keys()]);
    expect((await rig.api().council(council.council_id)).roles).toEqual(council.roles);
  });

  it('with every other bidder too leaves a degraded council, which is announced again and filled by whoever comes', async () => {
    const { council } = await activeCouncil();
    for (const { process } of rig.agents.values()) await process.stop('SIGTERM');
    await rig.api().reaches(council.council_id, 'degraded', ({ roles }) => roles.every(({ state }) => state === 'open'));
    rig.agents.clear();

    for (const id of ['agent-5', 'agent-6']) await rig.startAgent(id);

    const after = await rig.api().reaches(council.council_id, 'active');
    expect([holderOf(after, 'tpm'), holderOf(after, 'developer')].sort()).toEqual(['agent-5', 'agent-6']);
    expect(after.attempt).toBeGreaterThan(1);
  });
});

describe('a second process with the same agent id', () => {
  const rig = new Rig({ agents: ['agent-1', 'twin'], agentSettings: QUICK });
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('works, and the older one is fenced and says so', async () => {
    const older = rig.agent('twin');
    const newer = await rig.startAgent('twin');

    const fenced = await older.process.says(
      'Fenced: a newer process has this agent id. Stop this process, or give each process a CHORUS_AGENT_ID of its own',
    );
    expect(fenced.level).toBe('error');
    const ready = await fetch(`${older.url}/health/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('agent id twin was taken by a newer process')]);
    expect((await fetch(`${older.url}/health/live`)).status).toBe(200);
    await newer.process.says('Another live process has this agent id; this one is newer and takes over');
    expect((await fetch(`${newer.url}/health/ready`)).status).toBe(200);

    await rig.api().sees(['agent-1', 'twin']);
    const council = await rig.api().reaches(await rig.api().request({}), 'active');
    expect([holderOf(council, 'tpm'), holderOf(council, 'developer')].sort()).toEqual(['agent-1', 'twin']);
    await newer.process.says('Role assigned, work starts', { council_id: council.council_id });
    expect(older.process.lines(HEARD, { council_id: council.council_id })).toEqual([]);
  });

  it('is not disturbed when the older one ends', async () => {
    const fenced = rig.running().find(({ log }) => log.some(({ msg }) => msg.startsWith('Fenced')));
    expect(await fenced?.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    await rig.api().sees(['agent-1', 'twin']);
    expect((await fetch(`${rig.agent('twin').url}/health/ready`)).status).toBe(200);
  });
});
