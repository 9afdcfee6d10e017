import { isAlive, isNewer, takeOverAt } from './instance-order.js';

const at = (iso: string, instanceId = 'a') => ({ instanceId, startedAt: new Date(iso) });

describe('two processes with one agent id', () => {
  it('are decided in favour of the one started last', () => {
    const [old, young] = [at('2026-01-01T10:00:00.000Z', 'z'), at('2026-01-01T10:00:00.001Z', 'a')];
    expect(isNewer(young, old)).toBe(true);
    expect(isNewer(old, young)).toBe(false);
  });

  it('started in the same millisecond are decided by instance id, the same way on both sides', () => {
    const [a, b] = [at('2026-01-01T10:00:00.000Z', 'a'), at('2026-01-01T10:00:00.000Z', 'b')];
    expect(isNewer(b, a)).toBe(true);
    expect(isNewer(a, b)).toBe(false);
  });
});

describe('taking an agent id over', () => {
  it('announces the own start time', () => {
    const startedAt = new Date('2026-01-01T10:00:00.000Z');
    expect(takeOverAt(startedAt, undefined)).toEqual(startedAt);
    expect(takeOverAt(startedAt, at('2026-01-01T09:00:00.000Z'))).toEqual(startedAt);
  });

  it('announces a later time than a predecessor whose clock was ahead', () => {
    const predecessor = at('2026-01-01T10:05:00.000Z', 'z');
    const mine = { instanceId: 'a', startedAt: takeOverAt(new Date('2026-01-01T10:00:00.000Z'), predecessor) };
    expect(isNewer(mine, predecessor)).toBe(true);
  });
});

describe('an instance', () => {
  const beat = { ts: '2026-01-01T10:00:00.000Z', interval_ms: 10_000, state: 'ready' };

  it('is alive until it missed three beats', () => {
    expect(isAlive(beat, new Date('2026-01-01T10:00:29.999Z'))).toBe(true);
    expect(isAlive(beat, new Date('2026-01-01T10:00:30.000Z'))).toBe(false);
  });

  it('that says it is leaving is not alive', () => {
    expect(isAlive({ ...beat, state: 'leaving' }, new Date('2026-01-01T10:00:01.000Z'))).toBe(false);
  });
});
