import type { CouncilStatusUpdate, RoleStatus } from '@whoosh/council-contracts';
import { progressOf, takesSlot } from './holding.js';
import type { Holding } from './holding.js';
import { applyProgress, applyStatus, applyTime } from './membership.js';

const ME = 'agent-1';

const holding = (overrides: Partial<Holding> = {}): Holding => ({
  councilId: 'council-1',
  roleName: 'developer',
  generation: 2,
  phase: 'reserved',
  reservedUntilMs: 5_000,
  ...overrides,
});

const developer = (overrides: Partial<RoleStatus> = {}): RoleStatus =>
  ({ role_name: 'developer', state: 'filled', generation: 2, agent_id: ME, ...overrides }) as RoleStatus;

const update = (roles: RoleStatus[], status: CouncilStatusUpdate['status'] = 'active'): CouncilStatusUpdate =>
  ({
    schema_version: '1.0',
    council_id: 'council-1',
    status,
    revision: 7,
    roles,
    reach: { expected: 4, answered: 4 },
  }) as CouncilStatusUpdate;

describe('an accepted role', () => {
  it('is worked on once a status shows it filled with this agent', () => {
    const after = applyStatus(holding(), update([developer()]), ME);
    expect(after.holding?.phase).toBe('assigned');
    expect(after.effects).toEqual([{ do: 'start-work', holding: after.holding }]);
  });

  it('is started once, however often the status comes', () => {
    const once = applyStatus(holding(), update([developer()]), ME);
    expect(applyStatus(once.holding, update([developer()]), ME)).toEqual({ holding: once.holding, effects: [] });
  });

  it.each<[string, RoleStatus]>([
    ['still offered to this agent', developer({ state: 'offered' })],
    ['still open under its generation, in an update older than the offer', developer({ state: 'open', agent_id: undefined })],
    ['open under an earlier generation', developer({ state: 'open', generation: 1, agent_id: undefined })],
    ['filled by another under an earlier generation', developer({ generation: 1, agent_id: 'other' })],
  ])('stays reserved while the role is %s', (_what, role) => {
    const before = holding();
    expect(applyStatus(before, update([role], 'offering'), ME)).toEqual({ holding: before, effects: [] });
  });

  it.each<[string, RoleStatus]>([
    ['open under a later generation', developer({ state: 'open', generation: 3, agent_id: undefined })],
    ['filled by another', developer({ agent_id: 'other' })],
    ['offered to another', developer({ state: 'offered', agent_id: 'other' })],
  ])('is given up without a worker when the role is %s', (_what, role) => {
    const after = applyStatus(holding(), update([role]), ME);
    expect(after).toEqual({ holding: undefined, effects: [{ do: 'end', holding: holding(), why: 'fenced', hadStarted: false }] });
  });

  it('is given up when no status confirms it in time', () => {
    expect(applyTime(holding(), 4_999).holding).toEqual(holding());
    expect(applyTime(holding(), 5_000).effects).toEqual([{ do: 'end', holding: holding(), why: 'not-confirmed', hadStarted: false }]);
  });

  it('is worked on after all when the confirmation comes late', () => {
    const accepted = (role: string, generation: number) => role === 'developer' && generation === 2;
    const after = applyStatus(undefined, update([developer()]), ME, accepted);
    expect(after.effects).toMatchObject([{ do: 'start-work', holding: { roleName: 'developer', generation: 2, phase: 'assigned' } }]);
  });
});

describe('a role that is worked on', () => {
  const working = holding({ phase: 'working' });

  it.each<[string, RoleStatus[]]>([
    ['has a later generation', [developer({ state: 'offered', generation: 3, agent_id: 'other' })]],
    ['has a later generation, even with this agent', [developer({ generation: 3 })]],
    ['is filled by another', [developer({ agent_id: 'other' })]],
    ['is open again', [developer({ state: 'open', agent_id: undefined })]],
    ['is no longer a role of the council', []],
  ])('is fenced when it %s', (_what, roles) => {
    const after = applyStatus(working, update(roles), ME);
    expect(after).toEqual({ holding: undefined, effects: [{ do: 'end', holding: working, why: 'fenced', hadStarted: true }] });
  });

  it('goes on while it is filled with this agent', () => {
    expect(applyStatus(working, update([developer()], 'degraded'), ME)).toEqual({ holding: working, effects: [] });
  });

  it('ends without fencing when it is released', () => {
    const after = applyStatus(working, update([developer({ state: 'released' })]), ME);
    expect(after.effects).toEqual([{ do: 'end', holding: working, why: 'released', hadStarted: true }]);
  });

  it.each(['completed', 'failed', 'cancelled', 'expired'] as const)('ends when the council is %s', (status) => {
    const after = applyStatus(working, update([developer()], status), ME);
    expect(after).toEqual({ holding: undefined, effects: [{ do: 'end', holding: working, why: 'council-over', hadStarted: true }] });
  });

  it('does not end by the time of its reservation', () => {
    expect(applyTime(working, 99_999)).toEqual({ holding: working, effects: [] });
  });
});

describe('a role filled with this agent that this process never accepted', () => {
  it('is left to the coordinators, who reopen it after a restart', () => {
    expect(applyStatus(undefined, update([developer()]), ME)).toEqual({ holding: undefined, effects: [] });
  });
});

describe('progress', () => {
  it('goes from assigned over working to done, and never back', () => {
    const assigned = holding({ phase: 'assigned' });
    const working = applyProgress(assigned, 'working');
    const done = applyProgress(working, 'done');
    expect([working.phase, done.phase, applyProgress(done, 'working').phase]).toEqual(['working', 'done', 'done']);
  });

  it('is told as assigned for a reservation, which holds its slot', () => {
    expect(progressOf(holding())).toBe('assigned');
    expect(takesSlot(holding())).toBe(true);
  });

  it('frees the slot when done, and is still told until the council knows', () => {
    const done = holding({ phase: 'done' });
    expect(takesSlot(done)).toBe(false);
    expect(applyStatus(done, update([developer()]), ME).holding).toBe(done);
    expect(applyStatus(done, update([developer({ state: 'released' })]), ME).holding).toBeUndefined();
  });
});
