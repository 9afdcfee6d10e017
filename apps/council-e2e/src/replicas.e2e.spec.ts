import { randomUUID } from 'node:crypto';
import { BUCKETS, STREAMS } from '@whoosh/council-contracts';
import { bucketStream, consumerFloors } from '@whoosh/jetstream';
import { eventually } from '@whoosh/testing';
import { agreement } from './harness/agreement.js';
import type { ShownCouncil } from './harness/council-api.js';
import { Rig } from './harness/rig.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];

describe('two coordinators on one NATS', () => {
  const rig = new Rig({ coordinators: 2, agents: AGENTS, agentSettings: { CHORUS_MAX_TASKS: '200' } });
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  /** Each acceptance of an offer, as the agents logged it. */
  const acceptances = (councilIds: ReadonlySet<string>) =>
    [...rig.agents.values()].flatMap(({ process }) =>
      process.lines('Role offer accepted').flatMap(({ council_id, role_name, generation }) => {
        return councilIds.has(String(council_id)) ? [`${String(council_id)} ${String(role_name)} ${String(generation)}`] : [];
      }),
    );

  it('both know a council that was posted to either, and list it', async () => {
    const ids = await Promise.all([rig.api(0).request({ project_name: 'from-0' }), rig.api(1).request({ project_name: 'from-1' })]);
    for (const api of [rig.api(0), rig.api(1)]) {
      for (const id of ids) await api.reaches(id, 'active');
      await eventually(
        async () => {
          const { councils } = await api.get<{ councils: ShownCouncil[] }>('/api/v1/councils?status=active');
          expect(councils.map(({ council_id }) => council_id)).toEqual(expect.arrayContaining(ids));
        },
        { what: 'both councils are listed' },
      );
    }
  });

  it('form 30 councils that are asked for at once, with one holder for each role and no offer made twice', async () => {
    const roles = ['tpm', 'developer', 'tester'];
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, n) => rig.api(n % 2).request({ project_name: `p-${n}`, core_roles: roles })),
    );
    const councils = await Promise.all(ids.map((id, n) => rig.api((n + 1) % 2).reaches(id, 'active')));

    for (const council of councils) {
      const holders = council.roles.map(({ holder }) => holder?.agent_id);
      expect(new Set(holders).size).toBe(roles.length);
      expect(council.roles.every(({ state, generation }) => state === 'filled' && generation === 1)).toBe(true);
      expect(council.attempt).toBe(1);
    }
    const accepted = acceptances(new Set(ids));
    expect(accepted.length).toBe(90);
    expect(new Set(accepted).size).toBe(90);
  });

  it('make one council of 100 parallel requests with one Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const wish = { project_name: 'once' };
    const replies = await Promise.all(Array.from({ length: 100 }, (_, n) => rig.api(n % 2).post(wish, headers)));

    expect(new Set(replies.map(({ body }) => body.council_id)).size).toBe(1);
    const created = replies.filter(({ status }) => status === 201);
    expect(created.length).toBe(1);
    expect(replies.filter(({ status, headers: got }) => status === 200 && got.get('idempotency-replayed') === 'true').length).toBe(99);
    const { councils } = await rig.api().get<{ councils: ShownCouncil[] }>('/api/v1/councils?project=once');
    expect(councils.length).toBe(1);
    await rig.api().reaches(replies[0]?.body.council_id ?? '', 'active');
  });

  it('refuse another body under the same Idempotency-Key, also on the other replica', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    await rig.api(0).request({ project_name: 'mine' }, headers);
    const { status, body } = await rig.api(1).post({ project_name: 'yours' }, headers);
    expect([status, (body as unknown as { code: string }).code]).toEqual([409, 'idempotency_conflict']);
  });
});

describe('a coordinator that is killed', () => {
  const rig = new Rig({ agents: AGENTS, agentSettings: { CHORUS_MAX_TASKS: '200' } });
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('right after it accepted a council leaves it to the other replica, which finishes it', async () => {
    const victim = await rig.startCoordinator();
    const id = await victim.api.request({ project_name: 'orphan' });
    await victim.process.stop('SIGKILL');

    const council = await rig.api().reaches(id, 'active');
    expect(council.attempt).toBe(1);
  });

  it('before its request was answered leaves a council that is formed or none at all, and never two', async () => {
    const victim = await rig.startCoordinator();
    const headers = { 'Idempotency-Key': randomUUID() };
    const unanswered = victim.api.post({ project_name: 'unanswered' }, headers).catch(() => undefined);
    await victim.process.says('Council created');
    await victim.process.stop('SIGKILL');
    await unanswered;

    const id = await rig.api().request({ project_name: 'unanswered' }, headers);
    await rig.api().reaches(id, 'active');
    const { councils } = await rig.api().get<{ councils: ShownCouncil[] }>('/api/v1/councils?project=unanswered');
    expect(councils.map(({ council_id }) => council_id)).toEqual([id]);
  });

  it('again and again, while councils form, costs none of them and gives no role to two agents', async () => {
    const accepted = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const victim = await rig.startCoordinator();
      const keys = Array.from({ length: 6 }, () => ({ 'Idempotency-Key': randomUUID() }));
      const asked = keys.map((headers) => victim.api.post({ project_name: 'rounds' }, headers));
      await Promise.any(asked);
      await victim.process.stop('SIGKILL');
      await Promise.allSettled(asked);
      for (const headers of keys) accepted.add(await rig.api().request({ project_name: 'rounds' }, headers));
    }

    expect(accepted.size).toBe(24);
    await Promise.all([...accepted].map((id) => rig.api().reaches(id, 'active')));
    const { councils } = await rig.api().get<{ councils: ShownCouncil[] }>('/api/v1/councils?limit=500');
    await agreement(
      rig.api(),
      councils.map(({ council_id }) => council_id),
    );
  });

  it('while agents still answer leaves their answers to the other replica, which awards the roles', async () => {
    const victim = await rig.startCoordinator();
    const id = await victim.api.request({ project_name: 'slow', response_jitter_ms: 2_000 });
    expect((await rig.api().reaches(id, 'forming')).roles.every(({ state }) => state === 'open')).toBe(true);
    await victim.process.stop('SIGKILL');

    const council = await rig.api().reaches(id, 'active');
    expect(council).toMatchObject({ attempt: 1, reach: { expected: 4, answered: 4 } });
  });
});

describe('a coordinator that is told to stop', () => {
  const rig = new Rig({ agents: ['agent-1'] });
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('ends with exit code 0, with an open event stream too, and takes its consumers with it', async () => {
    const streams = [STREAMS.claims.name, bucketStream(BUCKETS.councils.name), bucketStream(BUCKETS.agents.name)];
    const broker = await rig.broker();
    const consumers = async () =>
      (await Promise.all(streams.map((stream) => consumerFloors(broker, stream)))).flat().map(({ name }) => name);
    const before = await consumers();
    const leaver = await rig.startCoordinator();
    expect((await consumers()).length).toBeGreaterThan(before.length);
    const watching = await fetch(`${leaver.api.url}/api/v1/stream`);

    expect(await leaver.process.stop('SIGTERM')).toEqual({ code: 0, signal: null });

    await watching.body?.cancel().catch(() => undefined);
    expect(leaver.process.lines('Closed NATS connection').length).toBe(1);
    expect(await consumers()).toEqual(before);
  });
});
