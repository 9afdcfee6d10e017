import { atMost, backoffMs, pause } from './wait.js';

describe('waiting', () => {
  it('doubles from try to try up to the cap, with up to half taken off', () => {
    const settings = { baseMs: 100, capMs: 1_000 };
    const longest = () => 1;
    const shortest = () => 0;
    expect([1, 2, 3, 4, 5, 60].map((failures) => backoffMs(failures, settings, longest))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect([1, 2, 3, 4, 5].map((failures) => backoffMs(failures, settings, shortest))).toEqual([50, 100, 200, 400, 500]);
  });

  it('ends early when the signal aborts', async () => {
    const ending = new AbortController();
    const waiting = pause(60_000, ending.signal);
    ending.abort();
    await waiting;
    await pause(60_000, ending.signal);
  });

  it('gives up a promise that takes too long, and passes a failure on', async () => {
    expect(await atMost(1_000, Promise.resolve('in time'))).toBe('in time');
    expect(await atMost(1, new Promise(() => undefined))).toBeUndefined();
    await expect(atMost(1_000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  });
});
