import { formingSubject } from '@whoosh/council-contracts';
import { eventually } from '@whoosh/testing';
import { holderOf, type ShownCouncil } from './harness/council-api.js';
import { Rig } from './harness/rig.js';

const EIGHT = Array.from({ length: 8 }, (_, index) => `agent-${index + 1}`);
const EIGHT_ROLES = ['tpm', 'architect', 'developer', 'tester', 'reviewer', 'writer', 'designer', 'operator'];

describe('a council of eight roles and eight agents', () => {
  const rig = new Rig({ agents: EIGHT });
  let council: ShownCouncil;
  beforeAll(async () => {
    await rig.start();
    const id = await rig.api().request({ project_name: 'eight', core_roles: EIGHT_ROLES });
    council = await rig.api().reaches(id, 'active');
  });
  afterAll(() => rig.stop());

  it('is active with a holder of its own for each role after one HTTP request', () => {
    const holders = EIGHT_ROLES.map((role) => holderOf(council, role));
    expect([...holders].sort()).toEqual(EIGHT);
    expect(council.attempt).toBe(1);
  });

  it('was heard by every agent, and the ledger says so by itself', async () => {
    const [delivery, ...more] = await rig.api().deliveries(council.council_id);
    expect(more).toEqual([]);
    expect(delivery).toMatchObject({ attempt: 1, expected: 8, answered: 8, missing: 0, delivery_rate: 1 });
    expect(delivery?.deliveries.map(({ agent_id, state }) => [agent_id, state])).toEqual(EIGHT.map((id) => [id, 'answered']));
    expect(council.reach).toMatchObject({ expected: 8, answered: 8 });
  });

  it('is one line in the log of each agent, with the fields that runbooks look for', () => {
    for (const [agent_id, { process }] of rig.agents) {
      const lines = process.lines('Received council opportunity from NATS', { council_id: council.council_id });
      const fields = { agent_id, project: 'eight', subject: formingSubject, core_roles: 8, optional_roles: 0, attempt: 1 };
      expect(lines).toEqual([expect.objectContaining(fields)]);
    }
  });

  it('is announced once, with the sentence and fields that runbooks look for', () => {
    const lines = rig.coordinators[0]?.process.lines('Published council opportunity to NATS', { council_id: council.council_id });
    expect(lines).toEqual([expect.objectContaining({ project: 'eight', subject: formingSubject })]);
  });

  it('has a history that tells every step, oldest first', async () => {
    const path = `/api/v1/councils/${council.council_id}/history`;
    const { revisions } = await rig.api().get<{ revisions: { status: string; revision: number; changes: { type: string }[] }[] }>(path);
    const statuses = revisions.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
    expect(statuses).toEqual(['pending', 'forming', 'offering', 'active']);
    expect(revisions.every(({ changes }) => changes.length > 0)).toBe(true);
    expect(revisions.at(-1)?.revision).toBe(council.revision);
  });

  it('says why each agent was chosen', () => {
    const books = council.bid_book.map(({ role_name, ranked }) => [role_name, ranked.length]);
    expect(books).toEqual(EIGHT_ROLES.map((role) => [role, 5]));
  });

  it('forms from the body of the runbook as it stands', async () => {
    const body = { project_name: 'test-project', repository: 'https://git.example.org/test-project', core_roles: ['tpm', 'developer'] };
    const created = await rig.api().send<ShownCouncil>('POST', '/api/v1/councils', body);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/api/v1/councils/${created.body.council_id}`);

    const formed = await rig.api().reaches(created.body.council_id, 'active');
    expect(holderOf(formed, 'tpm')).not.toBe(holderOf(formed, 'developer'));
  });

  it('frees its agents when it is completed', async () => {
    const api = rig.api();
    const id = await api.request({ project_name: 'short' });
    await api.reaches(id, 'active');
    expect((await api.send('POST', `/api/v1/councils/${id}/complete`)).status).toBe(200);

    await Promise.all(
      EIGHT.map(async (agentId) => {
        const { process } = rig.agent(agentId);
        if (process.lines('Role assigned, work starts', { council_id: id }).length > 0)
          await process.says('Council is over, its role is free', { council_id: id });
      }),
    );
    await eventually(
      async () => {
        const held = (await api.agents()).flatMap(({ holding }) => holding.filter(({ council_id }) => council_id === id));
        expect(held).toEqual([]);
      },
      { what: 'no agent says that it holds a role of the council' },
    );
  });

  it('forms without a warning in any log', () => {
    const processes = [...rig.coordinators, ...rig.agents.values()].map(({ process }) => process);
    const loud = processes.flatMap(({ log }) =>
      log.filter(({ level, msg }) => level !== 'info' && !msg.includes('security fixes of 2026')),
    );
    expect(loud).toEqual([]);
  });
});
