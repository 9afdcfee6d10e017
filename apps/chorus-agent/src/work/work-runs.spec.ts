import type { Assignment, RoleWorker } from './role-worker.js';
import { WorkRuns } from './work-runs.js';

const assignment = (councilId = 'c1') => ({ councilId, roleName: 'tpm', generation: 1 }) as Assignment;

function started(work: RoleWorker['work']) {
  const told: unknown[] = [];
  const runs = new WorkRuns({ work });
  runs.start(assignment(), { onProgress: (progress) => told.push(progress), onFailed: (error) => told.push(error) });
  return { runs, told };
}

describe('work on a role', () => {
  it('counts as done when the worker returns without saying so', async () => {
    const { told } = started(async (_assignment, _signal, report) => report('working'));
    await new Promise(setImmediate);
    expect(told).toEqual(['working', 'done']);
  });

  it('that fails is told with its error', async () => {
    const error = new Error('no model');
    const { told } = started(() => Promise.reject(error));
    await new Promise(setImmediate);
    expect(told).toEqual([error]);
  });

  it('tells nothing any more after it was aborted', async () => {
    const { runs, told } = started(
      (_assignment, signal, report) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            report('done');
            reject(new Error('stopped'));
          });
        }),
    );
    runs.abort('c1', 'fenced');
    await new Promise(setImmediate);
    expect(told).toEqual([]);
  });

  it('is waited for when all of it ends, but not for ever', async () => {
    const heedful = started((_assignment, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())));
    expect(await heedful.runs.abortAll(5_000)).toBe(true);
    const heedless = started(() => new Promise(() => undefined));
    expect(await heedless.runs.abortAll(5)).toBe(false);
  });
});
