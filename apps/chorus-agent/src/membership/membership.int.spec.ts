import { randomUUID } from 'node:crypto';
import { eventually } from '@whoosh/testing';
import { TestBed } from '../testing/agent.fixture.js';
import { anOfferFor, aStatusFor } from '../testing/fixtures.js';
import type { RoleWorker } from '../work/role-worker.js';

describe('the roles of an agent', () => {
  let bed: TestBed;
  beforeAll(async () => void (bed = await TestBed.start()));
  afterEach(() => bed.stopAgents());
  afterAll(() => bed.stop());

  const status = (council: string, revision: number, agentId: string, overrides: object = {}, role: object = {}) =>
    bed.coordinator.publishStatus(
      aStatusFor(council, revision, {
        roles: [{ role_name: 'developer', state: 'filled', generation: 1, agent_id: agentId, ...role }],
        ...overrides,
      }),
    );

  const holding = async (agentId: string) =>
    ((await bed.coordinator.presence(agentId))?.holding ?? []).map(
      ({ role_name, generation, progress }) => `${role_name} ${generation} ${progress}`,
    );

  const toHold = (agentId: string, ...expected: string[]) =>
    eventually(async () => expect(await holding(agentId)).toEqual(expected), {
      what: `presence of ${agentId} tells ${expected.join() || 'no role'}`,
    });

  it('are reserved by an accepted offer, started by the status that confirms it, and end with the council', async () => {
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'm-a' });
    const council = randomUUID();
    expect(await bed.coordinator.offer('m-a', anOfferFor(council))).toMatchObject({ accept: true, instance_id: agent.instanceId });
    await toHold('m-a', 'developer 1 assigned');
    await status(council, 1, 'm-a');
    await toHold('m-a', 'developer 1 working');
    expect(await bed.coordinator.presence('m-a')).toMatchObject({ state: 'working', current_tasks: 1 });
    await status(council, 2, 'm-a', { status: 'completed' }, { state: 'released' });
    await toHold('m-a');
    expect(await bed.coordinator.presence('m-a')).toMatchObject({ state: 'ready', current_tasks: 0 });
    expect(agent.said('Received council status update from NATS').map((line) => line['status'])).toEqual(['active', 'completed']);
  });

  it('are reported done until the council knows, while the slot is free again', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'm-b', CHORUS_WORK_DURATION_MS: '0' });
    const council = randomUUID();
    await bed.coordinator.offer('m-b', anOfferFor(council));
    await status(council, 1, 'm-b');
    await toHold('m-b', 'developer 1 done');
    expect(await bed.coordinator.presence('m-b')).toMatchObject({ state: 'ready', current_tasks: 0 });
    await status(council, 2, 'm-b', {}, { state: 'released' });
    await toHold('m-b');
  });

  it('get the same answer when the same offer comes twice, also at the same time', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'm-c', CHORUS_MAX_TASKS: '1' });
    const offer = anOfferFor(randomUUID());
    const replies = await Promise.all([
      bed.coordinator.offer('m-c', offer),
      bed.coordinator.offer('m-c', offer),
      bed.coordinator.offer('m-c', offer),
    ]);
    expect(replies.map(({ accept }) => accept)).toEqual([true, true, true]);
    expect(await bed.coordinator.offer('m-c', anOfferFor(randomUUID()))).toMatchObject({ accept: false, reason: 'at capacity' });
  });

  it('are stopped within milliseconds when the council gives them to another, and the old generation is refused', async () => {
    let stoppedAt: number | undefined;
    const worker: RoleWorker = {
      work: (_assignment, signal, report) =>
        new Promise((resolve) => {
          report('working');
          signal.addEventListener('abort', () => {
            stoppedAt = Date.now();
            resolve();
          });
        }),
    };
    const agent = await bed.agent({ CHORUS_AGENT_ID: 'm-d' }, { worker });
    const council = randomUUID();
    await bed.coordinator.offer('m-d', anOfferFor(council));
    await status(council, 1, 'm-d');
    await toHold('m-d', 'developer 1 working');
    await status(council, 2, 'other', {}, { generation: 2 });
    await eventually(() => stoppedAt !== undefined, { what: 'the worker was stopped', timeoutMs: 2_000 });
    await toHold('m-d');
    expect(agent.said('Role is no longer held by this agent, work on it stops')).toEqual([
      expect.objectContaining({ level: 'warn', council_id: council, role_name: 'developer', generation: 1 }),
    ]);
    expect(await bed.coordinator.offer('m-d', anOfferFor(council, { offer_id: 'old' }))).toMatchObject({
      accept: false,
      reason: 'generation 1 is overtaken by 2',
    });
  });

  it('are not resumed after a restart: coordinators give them away anew', async () => {
    const before = await bed.agent({ CHORUS_AGENT_ID: 'm-e' });
    const council = randomUUID();
    await bed.coordinator.offer('m-e', anOfferFor(council));
    await status(council, 1, 'm-e');
    await toHold('m-e', 'developer 1 working');
    await before.stop();
    const after = await bed.agent({ CHORUS_AGENT_ID: 'm-e' });
    await eventually(() => after.said('Received council status update from NATS').some((line) => line['council_id'] === council), {
      what: 'the new process heard the last status',
    });
    expect(await holding('m-e')).toEqual([]);
  });

  it('refuse a malformed offer with every violation, and keep it as a dead letter', async () => {
    await bed.agent({ CHORUS_AGENT_ID: 'm-f' });
    const reply = await bed.coordinator.offer('m-f', '{"offer_id":"o-1"}');
    expect(reply).toMatchObject({ accept: false, offer_id: 'o-1' });
    expect(reply.reason).toContain('council_id');
    expect(await bed.coordinator.deadLetters('m-f')).toHaveLength(1);
  });
});
