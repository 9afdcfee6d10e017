import type { RosterDocument } from '../deliveries/roster.document.js';
import { councilIdOf } from './commands.js';
import type { CouncilDocument } from './council.js';
import { councilBucket, KvCouncilStore } from './kv-council.store.js';
import { evolveAll } from './evolve.js';
import { CoordinatorRig } from '../testing/coordinator.rig.js';

type Slot = { role_name: string; state: string; generation: number; holder?: { agent_id: string } };
const holders = (council: { roles: Slot[] }) => Object.fromEntries(council.roles.map((slot) => [slot.role_name, slot.holder?.agent_id]));

describe('a council on a real broker', () => {
  let rig: CoordinatorRig;
  beforeEach(async () => {
    rig = await CoordinatorRig.start();
  });
  afterEach(() => rig.stop());

  it('is active when every core role was accepted, and its ledger names every agent', async () => {
    await rig.agent('a', { roles: ['tpm'] });
    await rig.agent('b', { roles: ['developer'] });
    await rig.agent('c', { roles: ['nothing'] });
    const id = await rig.council(['tpm', 'developer']);
    const council = await rig.until(id, ({ status }) => status === 'active', 'active');
    expect(holders(council)).toEqual({ tpm: 'a', developer: 'b' });
    expect(council.reach).toMatchObject({ expected: 3, answered: 3 });
    const { body } = await rig.call('GET', `/councils/${id}/deliveries`);
    expect(body.attempts).toHaveLength(1);
    expect(body.attempts[0]).toMatchObject({ expected: 3, answered: 3, missing: 0, delivery_rate: 1 });
    expect(body.attempts[0].deliveries.map((line: { agent_id: string; state: string }) => [line.agent_id, line.state])).toEqual([
      ['a', 'answered'],
      ['b', 'answered'],
      ['c', 'answered'],
    ]);
  });

  it('asks the next bidder when the first refuses, under the next generation', async () => {
    await rig.agent('a', { script: { onOffer: () => 'busy' } });
    await rig.agent('b', {
      script: { answer: ({ open_roles }) => ({ bids: (open_roles ?? []).map((role_name) => ({ role_name, confidence: 0.1 })) }) },
    });
    const id = await rig.council(['tpm']);
    const council = await rig.until(id, ({ status }) => status === 'active', 'active');
    expect(council.roles[0]).toMatchObject({ generation: 2, holder: { agent_id: 'b' }, passed_over: [{ agent_id: 'a', reason: 'busy' }] });
    expect(council.attempt).toBe(1);
  });

  it('asks the next bidder when an offer stays unanswered', async () => {
    await rig.agent('a', { script: { onOffer: () => 'silent' } });
    await rig.agent('b', {
      script: { answer: ({ open_roles }) => ({ bids: (open_roles ?? []).map((role_name) => ({ role_name, confidence: 0.1 })) }) },
    });
    const id = await rig.council(['tpm']);
    const council = await rig.until(id, ({ status }) => status === 'active', 'active');
    expect(holders(council)).toEqual({ tpm: 'b' });
  });

  it('awards without an agent that does not answer, and names it in the ledger', async () => {
    await rig.agent('a');
    await rig.agent('mute', { script: { answer: () => 'silent' } });
    const id = await rig.council(['tpm']);
    await rig.until(id, ({ status }) => status === 'active', 'active');
    const { body } = await rig.call('GET', `/councils/${id}/deliveries`);
    const mute = body.attempts[0].deliveries.find((line: { agent_id: string }) => line.agent_id === 'mute');
    expect(mute).toMatchObject({ expected: true, state: 'missing' });
    expect(body.attempts[0]).toMatchObject({ expected: 2, answered: 1, missing: 1, delivery_rate: 0.5 });
  });

  it('leaves the delivery record alone that another replica wrote first', async () => {
    await rig.agent('a');
    const key = 'announced-by-another-replica';
    const council_id = councilIdOf(key);
    const published_at = new Date(Date.now() - 1_000).toISOString();
    const expected = [{ agent_id: 'seen-by-the-other', instance_id: 'i', agent_name: 'n' }];
    const first: RosterDocument = { schema_version: '1.0', council_id, attempt: 1, published_at, expected };
    await new KvCouncilStore(councilBucket(rig.broker)).createRoster(first);
    const body = { project_name: 'p', repository: 'r', core_roles: ['tpm'] };
    await rig.call('POST', '/councils', body, { 'Idempotency-Key': key });
    await rig.until(council_id, ({ status }) => status === 'active', 'active');
    const { body: ledger } = await rig.call('GET', `/councils/${council_id}/deliveries`);
    expect(ledger.attempts).toMatchObject([{ attempt: 1, expected: 1 }]);
    expect(ledger.attempts[0].deliveries).toMatchObject([
      { agent_id: 'seen-by-the-other', expected: true },
      { agent_id: 'a', expected: false, state: 'answered' },
    ]);
  });

  it('is announced again when nobody was there, and forms when somebody comes', async () => {
    const id = await rig.council(['tpm']);
    await rig.until(id, ({ attempt }) => attempt >= 2, 'announced again');
    await rig.agent('late');
    const council = await rig.until(id, ({ status }) => status === 'active', 'active');
    expect(holders(council)).toEqual({ tpm: 'late' });
  });

  it('expires at its deadline when nobody takes the role', async () => {
    await rig.agent('a', { roles: ['something else'] });
    const id = await rig.council(['tpm'], { formation_deadline: new Date(Date.now() + 900).toISOString() });
    const council = await rig.until(id, ({ status }) => status === 'expired', 'expired');
    expect(council.status_reason).toContain('tpm');
    const again = await rig.call('POST', `/councils/${id}/complete`, {});
    expect(again).toMatchObject({ status: 409, body: { code: 'illegal_transition' } });
  });

  it('gives the role of an agent that leaves to the standby, without a new announcement', async () => {
    const first = await rig.agent('a');
    await rig.agent('b', {
      script: { answer: ({ open_roles }) => ({ bids: (open_roles ?? []).map((role_name) => ({ role_name, confidence: 0.1 })) }) },
    });
    const id = await rig.council(['tpm']);
    await rig.until(id, (council) => council.status === 'active' && holders(council)['tpm'] === 'a', 'a holds the role');
    await first.leave();
    const council = await rig.until(id, (now) => now.status === 'active' && holders(now)['tpm'] === 'b', 'b holds the role');
    expect(council).toMatchObject({ attempt: 1, roles: [{ generation: 2 }] });
    const { body } = await rig.call('GET', `/councils/${id}/history`);
    expect(body.revisions.map((revision: { status: string }) => revision.status)).toContain('degraded');
  });

  it('announces only the open role when the bid book is used up', async () => {
    const first = await rig.agent('a', { roles: ['tpm'] });
    await rig.agent('b', { roles: ['developer'] });
    const id = await rig.council(['tpm', 'developer']);
    await rig.until(id, ({ status }) => status === 'active', 'active');
    const spare = await rig.agent('spare', { roles: ['tpm'] });
    await first.leave();
    await rig.until(id, (now) => now.status === 'active' && holders(now)['tpm'] === 'spare', 'the spare holds the role');
    expect(spare.opportunities.at(-1)).toMatchObject({ attempt: 2, reason: 'reopen', open_roles: ['tpm'] });
  });

  it('is completed when all roles are reported done', async () => {
    const a = await rig.agent('a');
    const id = await rig.council(['tpm']);
    await rig.until(id, ({ status }) => status === 'active', 'active');
    await a.report(id, 'done');
    const council = await rig.until(id, ({ status }) => status === 'completed', 'completed');
    expect(council.status_reason).toBe('all roles reported done');
  });

  it('tells every agent each change of status, the newest last', async () => {
    const a = await rig.agent('a');
    const id = await rig.council(['tpm']);
    await rig.until(id, ({ status }) => status === 'active', 'active');
    await rig.call('DELETE', `/councils/${id}?reason=enough`);
    await rig.until(id, () => a.statuses.at(-1)?.status === 'cancelled', 'the agent knows');
    const heard = a.statuses.filter((update) => update.council_id === id);
    expect(heard.map(({ status }) => status)).toEqual(['forming', 'offering', 'active', 'cancelled']);
    expect(heard.map(({ revision }) => revision)).toEqual([...heard.map(({ revision }) => revision)].sort((x, y) => x - y));
    expect(a.holding()).toEqual([]);
  });

  it('replays: applying the events of its history gives each stored revision', async () => {
    await rig.agent('a');
    const id = await rig.council(['tpm']);
    await rig.until(id, ({ status }) => status === 'active', 'active');
    const { body } = await rig.call('GET', `/councils/${id}/history`);
    const revisions: CouncilDocument[] = body.revisions.map(
      ({ revision: _, stored_at: __, ...council }: Record<string, unknown>) => council,
    );
    expect(revisions.flatMap(({ changes }) => changes.map(({ type }) => type))).toEqual([
      'council_created',
      'opportunity_published',
      'roles_awarded',
      'offer_accepted',
      'council_activated',
    ]);
    for (const [index, stored] of revisions.slice(1).entries()) {
      expect(evolveAll(revisions[index] as CouncilDocument, stored.changes)).toEqual(stored);
    }
  });
});
