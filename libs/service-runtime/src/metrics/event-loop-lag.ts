import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';

const RESOLUTION_MS = 250;
const WINDOW_MS = 10_000;

/**
 * The longest delay of this process' event loop, over a window of ten seconds.
 * Sampled by a native timer four times a second: no JavaScript runs and the process is not kept alive.
 */
export class EventLoopLag {
  private readonly histogram: IntervalHistogram;
  private windowStartedAt: number;
  private lastWindowMs = 0;

  /** @param now milliseconds of a monotonic clock */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.histogram.enable();
    this.windowStartedAt = this.now();
  }

  /** @returns whole milliseconds, 0 when the loop was never late */
  milliseconds(): number {
    // A sample is the whole time between two ticks of the timer, so its resolution is taken off.
    const currentMs = this.histogram.count === 0 ? 0 : Math.max(0, Math.round(this.histogram.max / 1e6) - RESOLUTION_MS);
    if (this.now() - this.windowStartedAt < WINDOW_MS) return Math.max(currentMs, this.lastWindowMs);
    this.lastWindowMs = currentMs;
    this.windowStartedAt = this.now();
    this.histogram.reset();
    return currentMs;
  }

  stop(): void {
    this.histogram.disable();
  }
}
