import { agentKey, bucketKeySubject, BUCKETS, councilKey, rosterKey, STREAMS } from './topology.js';
import { InvalidTokenError } from './errors.js';

const DAY_MS = 86_400_000;

describe('streams', () => {
  it('keep opportunities and changes of status for 7 days, and store a message id once in 10 minutes', () => {
    expect(STREAMS.councils).toMatchObject({
      name: 'CHORUS_COUNCILS',
      subjects: ['chorus.councils.forming', 'chorus.councils.*.forming', 'chorus.councils.*.status'],
      maxAgeMs: 7 * DAY_MS,
      duplicateWindowMs: 600_000,
      allowDirect: true,
    });
  });

  it('keep only the last answer of an agent to a council', () => {
    expect(STREAMS.claims).toMatchObject({
      name: 'CHORUS_CLAIMS',
      subjects: ['chorus.councils.*.claims.*'],
      maxAgeMs: 7 * DAY_MS,
      maxMsgsPerSubject: 1,
    });
  });

  it('keep dead letters for 30 days', () => {
    expect(STREAMS.deadLetters).toMatchObject({ name: 'CHORUS_DLQ', subjects: ['chorus.dlq.>'], maxAgeMs: 30 * DAY_MS });
  });

  it('do not store a subject twice', () => {
    const subjects = Object.values(STREAMS).flatMap((stream) => stream.subjects);
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it('leave room for a consumer of each of thousands of agents, also where the server would allow 1,000', () => {
    expect(STREAMS.councils.maxConsumers).toBeGreaterThanOrEqual(20_000);
    expect(STREAMS.claims.maxConsumers).toBeGreaterThanOrEqual(20_000);
  });
});

describe('buckets', () => {
  it('keep 64 revisions of a council without an age limit, read by the leader', () => {
    expect(BUCKETS.councils).toMatchObject({ name: 'chorus_councils', history: 64, allowDirect: false });
    expect(BUCKETS.councils.maxAgeMs).toBeUndefined();
  });

  it('keep the last presence of an agent', () => {
    expect(BUCKETS.agents).toMatchObject({ name: 'chorus_agents', history: 1 });
  });

  it('keep 64 changes of the rollout', () => {
    expect(BUCKETS.config).toMatchObject({ name: 'chorus_config', history: 64 });
  });

  it('have a key for a council, its roster and an agent', () => {
    expect(councilKey('council-1')).toBe('council-1');
    expect(rosterKey('council-1')).toBe('council-1.roster');
    expect(agentKey('agent-1')).toBe('agent-1');
    expect(bucketKeySubject(BUCKETS.agents.name, agentKey('agent-1'))).toBe('$KV.chorus_agents.agent-1');
  });

  it('have no key for an id that is no token, so that no council is mistaken for a roster', () => {
    expect(() => councilKey('council-1.roster')).toThrow(InvalidTokenError);
    expect(() => rosterKey('*')).toThrow(InvalidTokenError);
    expect(() => agentKey('>')).toThrow(InvalidTokenError);
  });
});
