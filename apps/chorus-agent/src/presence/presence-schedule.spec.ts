import { nextBeatInMs, presenceIntervalMs } from './presence-schedule.js';

describe('presence interval', () => {
  it.each([
    [0, 10_000],
    [34, 10_000],
    [500, 10_000],
    [501, 10_020],
    [1_000, 20_000],
    [5_000, 100_000],
  ])('with a fleet of %i is %i ms, so that the fleet sends at most 50 beats a second', (fleetSize, expected) => {
    expect(presenceIntervalMs(10_000, fleetSize)).toBe(expected);
  });

  it('is longer when configured so', () => {
    expect(presenceIntervalMs(60_000, 34)).toBe(60_000);
  });
});

describe('next beat', () => {
  it('follows the first at a random phase, so that agents started together spread out', () => {
    expect(nextBeatInMs(10_000, 1, () => 0)).toBe(0);
    expect(nextBeatInMs(10_000, 1, () => 0.75)).toBe(7_500);
  });

  it('then comes within ten percent of the interval', () => {
    expect(nextBeatInMs(10_000, 2, () => 0)).toBe(9_000);
    expect(nextBeatInMs(10_000, 9, () => 0.5)).toBe(10_000);
    expect(nextBeatInMs(10_000, 9, () => 0.999_999)).toBe(11_000);
  });
});
