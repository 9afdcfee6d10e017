import type { Assignment } from './role-worker.js';
import { TimedWorker } from './timed.worker.js';

const assignment = { councilId: 'council-1', roleName: 'tpm', generation: 1 } as Assignment;

async function work(durationMs: number, abortAfter?: 'working'): Promise<string[]> {
  const reports: string[] = [];
  const abort = new AbortController();
  await new TimedWorker(durationMs).work(assignment, abort.signal, (progress) => {
    reports.push(progress);
    if (progress === abortAfter) abort.abort();
  });
  return reports;
}

describe('the built-in worker', () => {
  it.each([0, 5])('reports that it began and, after %i ms, that it is done', async (durationMs) => {
    expect(await work(durationMs)).toEqual(['working', 'done']);
  });

  it.each([3_600_000, -1])('stops at once, without a report, when it loses the role (duration %i)', async (durationMs) => {
    expect(await work(durationMs, 'working')).toEqual(['working']);
  });
});
