import { setTimeout as delay } from 'node:timers/promises';
import type { Assignment, RoleWorker, WorkReport } from './role-worker.js';

/** What is told of a run; nothing more is, once it was aborted. */
export interface WorkRunListener {
  onProgress(progress: Parameters<WorkReport>[0]): void;
  onFailed(error: unknown): void;
}

interface Run {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The work in hand, one run per council. */
export class WorkRuns {
  private readonly runs = new Map<string, Run>();

  constructor(private readonly worker: RoleWorker) {}

  /** Begins to work on a role. */
  start(assignment: Assignment, listener: WorkRunListener): void {
    const abort = new AbortController();
    this.runs.set(assignment.councilId, { abort, ended: this.run(assignment, abort.signal, listener) });
  }

  /** Tells the worker of a council to stop; it does not wait for it. */
  abort(councilId: string, why: string): void {
    this.runs.get(councilId)?.abort.abort(new Error(why));
    this.runs.delete(councilId);
  }

  /**
   * Tells every worker to stop, and waits.
   * @param timeoutMs how long workers may take to heed it
   * @returns false when one did not, and was left behind
   */
  async abortAll(timeoutMs: number): Promise<boolean> {
    const runs = [...this.runs.values()];
    this.runs.clear();
    for (const run of runs) run.abort.abort(new Error('agent stops'));
    const inTime = new AbortController();
    const late = delay(timeoutMs, false, { signal: inTime.signal }).catch(() => true);
    const ended = Promise.allSettled(runs.map((run) => run.ended)).then(() => true);
    return Promise.race([ended, late]).finally(() => inTime.abort());
  }

  private async run(assignment: Assignment, signal: AbortSignal, listener: WorkRunListener): Promise<void> {
    const report: WorkReport = (progress) => {
      if (!signal.aborted) listener.onProgress(progress);
    };
    try {
      await this.worker.work(assignment, signal, report);
      report('done');
    } catch (error) {
      if (!signal.aborted) listener.onFailed(error);
    } finally {
      // An aborted run is forgotten already, and another may have taken its place.
      if (!signal.aborted) this.runs.delete(assignment.councilId);
    }
  }
}
