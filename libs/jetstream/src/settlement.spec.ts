import { DEFAULT_RETRY_DELAYS_MS, retryDelayMs } from './settlement.js';
import { startConfig } from './start-policy.js';

describe('the retry curve', () => {
  it('grows with the deliveries and stays at its last value', () => {
    expect([1, 2, 3, 4, 5, 99].map((delivery) => retryDelayMs(delivery, DEFAULT_RETRY_DELAYS_MS))).toEqual([
      1_000, 5_000, 15_000, 30_000, 30_000, 30_000,
    ]);
    expect(retryDelayMs(1, [])).toBe(1_000);
  });
});

describe('the start of a consumer', () => {
  it('is a time, the last of each subject, everything, or a sequence; "new" is the sequence after the last one', () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    expect(startConfig({ from: 'time', at }, 9)).toEqual({ deliver_policy: 'by_start_time', opt_start_time: '2026-01-02T03:04:05.678Z' });
    expect(startConfig({ from: 'last-per-subject' }, 9)).toEqual({ deliver_policy: 'last_per_subject' });
    expect(startConfig({ from: 'all' }, 9)).toEqual({ deliver_policy: 'all' });
    expect(startConfig({ from: 'new' }, 9)).toEqual({ deliver_policy: 'by_start_sequence', opt_start_seq: 10 });
    expect(startConfig({ from: 'sequence', sequence: 0 }, 9)).toEqual({ deliver_policy: 'by_start_sequence', opt_start_seq: 1 });
  });
});
