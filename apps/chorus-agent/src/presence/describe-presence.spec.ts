import { AgentPresence, validate } from '@whoosh/council-contracts';
import { describePresence } from './describe-presence.js';
import type { PresenceFacts, PresenceSelf } from './describe-presence.js';

const self: PresenceSelf = {
  identity: { agentId: 'agent-1', instanceId: 'i-1', agentName: 'CHORUS-Agent-1', origin: 'explicit' },
  config: { maxTasks: 2, capabilities: ['review', 'go'], skills: ['go', 'nats'], roles: ['tpm'] },
  version: '0.1.0',
};

const facts = (overrides: Partial<PresenceFacts> = {}): PresenceFacts => ({
  standing: 'serving',
  currentTasks: 0,
  holding: [],
  intervalMs: 10_000,
  seq: 1,
  startedAt: new Date('2026-01-01T10:00:00.000Z'),
  now: new Date('2026-01-01T10:00:10.000Z'),
  eventLoopLagMs: 0,
  ...overrides,
});

describe('presence', () => {
  it('is a valid message that names the agent, its process and all it can do', () => {
    const beat = validate(AgentPresence, JSON.parse(JSON.stringify(describePresence(self, facts({ address: 'http://10.0.0.2:8080' })))));
    expect(beat).toMatchObject({
      agent_id: 'agent-1',
      instance_id: 'i-1',
      capabilities: ['review', 'go', 'nats'],
      roles: ['tpm'],
      address: 'http://10.0.0.2:8080',
      started_at: '2026-01-01T10:00:00.000Z',
      ts: '2026-01-01T10:00:10.000Z',
      interval_ms: 10_000,
    });
  });

  it.each([
    ['ready', true, 0, 'serving'],
    ['working', true, 1, 'serving'],
    ['busy', false, 2, 'serving'],
    ['leaving', false, 0, 'leaving'],
  ] as const)('is %s, available: %s, with %i of 2 tasks while %s', (state, available_for_work, currentTasks, standing) => {
    expect(describePresence(self, facts({ currentTasks, standing }))).toMatchObject({ state, available_for_work });
  });
});
