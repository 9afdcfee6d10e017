import { eventually } from './eventually.js';

describe('eventually', () => {
  it('returns what the first successful try returned', async () => {
    let tries = 0;
    expect(await eventually(() => (++tries < 3 ? false : tries), { what: 'the third try', intervalMs: 1 })).toBe(3);
  });

  it('takes an expectation that no longer throws for success', async () => {
    let tries = 0;
    await eventually(() => expect(++tries).toBeGreaterThan(2), { what: 'two failures', intervalMs: 1 });
    expect(tries).toBe(3);
  });

  it('names the condition and its last failure when time is up', async () => {
    const waiting = eventually(() => Promise.reject(new Error('still 2 of 34')), { what: 'all have heard', timeoutMs: 20, intervalMs: 1 });
    await expect(waiting).rejects.toThrow(/^Not true after \d+ ms: all have heard\. Last try: still 2 of 34$/);
  });

  it('cuts off a try that hangs', async () => {
    await expect(eventually(() => new Promise(() => undefined), { what: 'nothing', timeoutMs: 20 })).rejects.toThrow('did not return');
  });

  it('gives up before its time when the condition cannot come true any more', async () => {
    const waiting = eventually(() => false, { what: 'the dead live', timeoutMs: 60_000, intervalMs: 1, giveUpWhen: () => true });
    await expect(waiting).rejects.toThrow('the dead live. Last try: it was still false');
  });
});
