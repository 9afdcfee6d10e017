import { setTimeout as delay } from 'node:timers/promises';
import type { Assignment, RoleWorker, WorkReport } from './role-worker.js';

/** The built-in worker: reports that it began and, after a fixed time, that it is done. It stands where a real worker goes. */
export class TimedWorker implements RoleWorker {
  /** @param durationMs 0: done at once; -1: never by itself, it works until the council ends */
  constructor(private readonly durationMs: number) {}

  async work(_assignment: Assignment, signal: AbortSignal, report: WorkReport): Promise<void> {
    report('working');
    if (this.durationMs < 0) await aborted(signal);
    else if (this.durationMs > 0) await delay(this.durationMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) report('done');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
