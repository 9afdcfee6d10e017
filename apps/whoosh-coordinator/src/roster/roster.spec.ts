import { aBeat, T0 } from '../testing/fixtures.js';
import { assess, lossOf } from './roster.js';

const beats = (...list: ReturnType<typeof aBeat>[]) => new Map(list.map((beat) => [beat.presence.agent_id, beat]));
const liveness = (roster: ReturnType<typeof assess>) => Object.fromEntries([...roster.entries].map(([id, entry]) => [id, entry.liveness]));
const LONG_AGO = T0 - 1e9;

describe('presence', () => {
  it('makes an agent suspect after one missed beat and offline after three', () => {
    const all = beats(aBeat('now', {}, T0), aBeat('one', {}, T0 - 16_000), aBeat('three', {}, T0 - 31_000));
    expect(liveness(assess(all, LONG_AGO, T0))).toEqual({ now: 'online', one: 'suspect', three: 'offline' });
  });

  it('measures each agent by its own interval', () => {
    const all = beats(aBeat('now'), aBeat('slow', { interval_ms: 60_000 }, T0 - 60_000));
    expect(liveness(assess(all, LONG_AGO, T0)).slow).toBe('online');
  });

  it('takes an agent that says goodbye at its word', () => {
    expect(liveness(assess(beats(aBeat('a', { state: 'leaving' })), LONG_AGO, T0)).a).toBe('leaving');
  });

  it('judges nobody by silence from before the start or the last reconnect', () => {
    expect(liveness(assess(beats(aBeat('a', {}, T0 - 1e6)), T0, T0 + 1_000)).a).toBe('online');
  });

  it('freezes and says so when nobody at all beats for two intervals', () => {
    const all = beats(aBeat('a'), aBeat('b', {}, T0 - 5_000));
    const roster = assess(all, LONG_AGO, T0 + 500_000);
    expect(roster.stale).toBe(true);
    expect(liveness(roster)).toEqual({ a: 'suspect', b: 'suspect' });
  });

  it('is not stale while one agent beats', () => {
    expect(assess(beats(aBeat('a'), aBeat('b', {}, T0 - 1e6)), LONG_AGO, T0 + 1_000).stale).toBe(false);
  });
});

describe('the loss of a holder', () => {
  const held = { agent_id: 'a', instance_id: 'a-i1', council_id: 'c1', role_name: 'tpm', generation: 1 };
  const holding = [{ council_id: 'c1', role_name: 'tpm', generation: 1 }];

  it('is not declared while the holder beats and holds the role', () => {
    expect(lossOf(assess(beats(aBeat('a', { holding })), LONG_AGO, T0), held, T0 - 1e6, T0)).toBeUndefined();
  });

  it('is declared at once when the holder left', () => {
    expect(lossOf(assess(new Map(), LONG_AGO, T0, new Map([['a', 'a-i1']])), held, T0, T0)).toBe('agent left');
  });

  it('waits three intervals for a holder that this replica has never seen', () => {
    const nobody = assess(new Map(), LONG_AGO, T0);
    expect(lossOf(nobody, held, T0 - 10_000, T0)).toBeUndefined();
    expect(lossOf(nobody, held, T0 - 31_000, T0)).toBe('agent left');
  });

  it('is declared when the holder goes on beating without the role', () => {
    const roster = assess(beats(aBeat('a')), LONG_AGO, T0);
    expect(lossOf(roster, held, T0 - 10_000, T0)).toBeUndefined();
    expect(lossOf(roster, held, T0 - 31_000, T0)).toBe('agent does not hold it any more');
  });
});
