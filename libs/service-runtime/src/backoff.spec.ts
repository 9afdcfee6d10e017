import { backoffDelays } from './backoff.js';

function first(count: number, delays: Generator<number>): number[] {
  return Array.from({ length: count }, () => delays.next().value as number);
}

describe('backoffDelays', () => {
  it('doubles until the cap and stays there', () => {
    const delays = backoffDelays({ baseMs: 100, capMs: 1_000, jitter: 0 });
    expect(first(6, delays)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('shortens each wait by up to the jitter and never exceeds the cap', () => {
    const delays = backoffDelays({ baseMs: 1_000, capMs: 1_000, jitter: 0.5, random: () => 0.999 });
    const [delay] = first(1, delays);
    expect(delay).toBeGreaterThanOrEqual(500);
    expect(delay).toBeLessThan(510);
    expect(first(100, backoffDelays({ baseMs: 700, capMs: 1_000, jitter: 0.2 })).every((ms) => ms <= 1_000)).toBe(true);
  });

  it('never waits longer than the cap, even at first', () => {
    expect(first(2, backoffDelays({ baseMs: 5_000, capMs: 1_000, jitter: 0 }))).toEqual([1_000, 1_000]);
  });
});
