import type { CouncilOpportunity } from '@whoosh/council-contracts';
import { decideClaim } from './decide-claim.js';
import type { AgentSnapshot } from './decide-claim.js';

const now = new Date('2026-01-01T10:00:00.000Z');

const role = (role_name: string, required_skills: string[] = []) => ({ role_name, required: true, required_skills });

const opportunity = (overrides: Partial<CouncilOpportunity> = {}): CouncilOpportunity =>
  ({
    schema_version: '1.0',
    council_id: 'council-1',
    project_name: 'p',
    repository: 'r',
    project_brief: '',
    core_roles: [role('tpm'), role('developer')],
    optional_roles: [],
    ucxl_address: '',
    formation_deadline: '2026-01-01T10:01:00.000Z',
    created_at: '2026-01-01T10:00:00.000Z',
    metadata: {},
    open_roles: [...(overrides.core_roles ?? [role('tpm'), role('developer')]), ...(overrides.optional_roles ?? [])].map(
      (r) => r.role_name,
    ),
    ...overrides,
  }) as CouncilOpportunity;

const agent = (overrides: Partial<AgentSnapshot> = {}): AgentSnapshot => ({
  standing: 'serving',
  roles: [],
  skills: [],
  currentTasks: 0,
  maxTasks: 5,
  ...overrides,
});

const bidsOf = (decision: ReturnType<typeof decideClaim>) =>
  decision.response === 'claim' ? decision.bids.map(({ role_name, confidence }) => [role_name, confidence]) : [];

describe('an agent asked for a council', () => {
  it('bids for every role when it is willing to take any', () => {
    const decision = decideClaim(opportunity(), agent(), now);
    expect(bidsOf(decision)).toEqual([
      ['tpm', 0.6],
      ['developer', 0.6],
    ]);
  });

  it('bids only for the roles that it is configured for, with more confidence, whatever their case', () => {
    const decision = decideClaim(opportunity(), agent({ roles: ['Developer', 'tester'] }), now);
    expect(bidsOf(decision)).toEqual([['developer', 1]]);
  });

  it('bids for optional roles too', () => {
    const decision = decideClaim(
      opportunity({ core_roles: [role('tpm')], optional_roles: [role('tester')] }),
      agent({ roles: ['tester'] }),
      now,
    );
    expect(bidsOf(decision)).toEqual([['tester', 1]]);
  });

  it('is as confident as its share of the required skills', () => {
    const core_roles = [role('a', ['go', 'nats']), role('b', ['Go'])];
    const decision = decideClaim(opportunity({ core_roles }), agent({ roles: ['a', 'b'], skills: ['GO'] }), now);
    expect(bidsOf(decision)).toEqual([
      ['a', 0.5],
      ['b', 1],
    ]);
  });

  it('does not bid for a role of which it has none of the required skills', () => {
    const core_roles = [role('tpm'), role('developer', ['cobol'])];
    expect(bidsOf(decideClaim(opportunity({ core_roles }), agent({ skills: ['go'] }), now))).toEqual([['tpm', 0.6]]);
  });

  it('bids only for roles that are still open when asked again', () => {
    const decision = decideClaim(opportunity({ attempt: 2, reason: 'reminder', open_roles: ['developer'] }), agent(), now);
    expect(bidsOf(decision)).toEqual([['developer', 0.6]]);
  });

  it.each<[string, Partial<CouncilOpportunity>, Partial<AgentSnapshot>, string]>([
    ['no role fits', {}, { roles: ['tester'] }, 'no matching role among: tpm, developer'],
    ['no role is open', { open_roles: ['gone'] }, {}, 'no role is open'],
    ['it has no slot left', {}, { currentTasks: 5 }, 'at capacity: 5 of 5 tasks'],
    ['it takes no tasks at all', {}, { maxTasks: 0 }, 'at capacity: 0 of 0 tasks'],
    ['it is leaving', {}, { standing: 'leaving' }, 'draining'],
    ['a newer process has its id', {}, { standing: 'fenced' }, 'fenced'],
    ['it holds a role of this council', {}, { heldRole: 'tpm' }, 'already holds the role tpm of this council'],
    ['the deadline is over', { formation_deadline: now.toISOString() }, {}, 'the formation deadline 2026-01-01T10:00:00.000Z is over'],
  ])('declines with the reason when %s', (_when, asked, is, reason) => {
    expect(decideClaim(opportunity(asked), agent(is), now)).toEqual({ response: 'decline', reason });
  });
});
