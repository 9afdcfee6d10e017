import { randomUUID } from 'node:crypto';
import { eventually } from '@whoosh/testing';
import { agreement } from './harness/agreement.js';
import { holderOf, type ShownCouncil } from './harness/council-api.js';
import { Rig } from './harness/rig.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];
/** Room for every council of the test, and beats often enough to be missed soon, yet not while all reconnect. */
const ROOMY = { CHORUS_MAX_TASKS: '500', CHORUS_PRESENCE_INTERVAL_MS: '1000' };

describe('a broker that is killed while councils are requested', () => {
  const rig = new Rig({ coordinators: 2, agents: AGENTS, agentSettings: ROOMY });
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('loses none: every accepted council becomes active, and every repeated request gets the council it had', async () => {
    const accepted = new Map<string, string>();
    const unknown = new Set<string>();
    let asking = true;
    const ask = async (worker: number) => {
      while (asking) {
        const key = randomUUID();
        const reply = await rig
          .api(worker % 2)
          .post({ project_name: 'crash' }, { 'Idempotency-Key': key })
          .catch(() => undefined);
        if (reply?.status === 201) accepted.set(key, reply.body.council_id);
        else unknown.add(key);
      }
    };
    const workers = [0, 1, 2, 3].map(ask);
    await eventually(() => accepted.size >= 10, { what: '10 councils are accepted' });
    await rig.nats.kill('SIGKILL');
    const beforeKill = accepted.size;
    await rig.nats.restart();
    await eventually(() => accepted.size >= beforeKill + 10, { what: 'councils are accepted again', timeoutMs: 30_000 });
    asking = false;
    await Promise.all(workers);

    for (const key of unknown) accepted.set(key, await rig.api().request({ project_name: 'crash' }, { 'Idempotency-Key': key }));

    await Promise.all([...accepted.values()].map((id, n) => rig.api(n % 2).reaches(id, 'active', undefined, 60_000)));
    const { councils } = await rig.api().get<{ councils: ShownCouncil[] }>('/api/v1/councils?project=crash&limit=500');
    expect(councils.map(({ council_id }) => council_id).sort()).toEqual([...accepted.values()].sort());
    expect(councils.every(({ status }) => status === 'active')).toBe(true);
    await agreement(rig.api(), [...accepted.values()]);
  });

  it('is said by every process, and its return too', async () => {
    for (const process of rig.running()) {
      await process.says('NATS disconnected');
      await process.says('NATS reconnected');
    }
    await Promise.all(rig.coordinators.map(({ api }) => api.sees(AGENTS)));
  });

  it('costs no holder its role: while nobody at all beats, nobody is declared lost', async () => {
    const id = await rig.api().request({ project_name: 'away' });
    const before = await rig.api().reaches(id, 'active');
    await rig.nats.kill('SIGKILL');
    await eventually(async () => (await fetch(`${rig.api().url}/health/ready`)).status === 503, { what: 'the coordinator is not ready' });
    const stale = 'Presence stale: nobody beats, so liveness is frozen and nothing is declared lost';
    for (const { process } of rig.coordinators) await process.says(stale);
    await rig.nats.restart();
    await eventually(async () => (await fetch(`${rig.api().url}/health/ready`)).status === 200, { what: 'it is ready again' });

    const next = await rig.api().reaches(await rig.api().request({ project_name: 'away' }), 'active');
    expect(next.reach).toMatchObject({ expected: 3, answered: 3 });
    expect((await rig.api().council(id)).roles).toEqual(before.roles);
    for (const { process } of rig.coordinators) {
      await process.says('Presence is back; silence counts from now on');
      expect(process.lines('Role lost its holder; it is open again')).toEqual([]);
    }
  });
});

describe('everything that is killed at once and started again on the same store', () => {
  const rig = new Rig({ agents: AGENTS });
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('knows its councils and their whole history, and open ones are answered anew by the agents that come back', async () => {
    const closed = await rig.api().request({ project_name: 'closed' });
    await rig.api().reaches(closed, 'active');
    await rig.api().send('POST', `/api/v1/councils/${closed}/complete`);
    const active = await rig.api().request({ project_name: 'active' });
    const held = await rig.api().reaches(active, 'active');
    const open = await rig.api().request({
      project_name: 'open',
      core_roles: [{ role_name: 'pilot', required_skills: ['flying'] }],
      claim_window_ms: 60_000,
    });
    await rig.api().reaches(open, 'forming');
    await eventually(async () => (await rig.api().deliveries(open))[0]?.answered === 3, { what: 'all have declined' });
    const history = (id: string) => rig.api().get<{ revisions: object[] }>(`/api/v1/councils/${id}/history`);
    const before = await Promise.all([closed, active, open].map(history));

    await rig.killServices();
    await rig.nats.kill('SIGKILL');
    await rig.nats.restart();
    await rig.startCoordinator();

    const { councils } = await rig.api().get<{ councils: ShownCouncil[] }>('/api/v1/councils');
    expect(councils.map(({ project_name, status }) => [project_name, status])).toEqual([
      ['open', 'forming'],
      ['active', 'active'],
      ['closed', 'completed'],
    ]);
    const after = await Promise.all([closed, active, open].map(history));
    after.forEach(({ revisions }, n) => expect(revisions.slice(0, before[n]?.revisions.length)).toEqual(before[n]?.revisions));

    await Promise.all([rig.startAgent('agent-1'), rig.startAgent('agent-2'), rig.startAgent('agent-3', { CHORUS_SKILLS: 'flying' })]);
    const formed = await rig.api().reaches(open, 'active');
    expect([holderOf(formed, 'pilot'), formed.attempt]).toEqual(['agent-3', 1]);
    const again = await rig.api().reaches(active, 'active', ({ roles }) => roles.every(({ generation }) => generation > 1));
    const instances = new Set(held.roles.map(({ holder }) => holder?.instance_id));
    expect(again.roles.some(({ holder }) => instances.has(holder?.instance_id))).toBe(false);
  });
});
