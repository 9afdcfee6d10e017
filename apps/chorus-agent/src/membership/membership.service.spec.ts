import type { RoleWorker } from '../work/role-worker.js';
import { TimedWorker } from '../work/timed.worker.js';
import { anOfferFor, aStatusFor, recordingLogger } from '../testing/fixtures.js';
import { Membership } from './membership.service.js';

const role = (overrides: object = {}) => [{ role_name: 'developer', state: 'filled', generation: 1, agent_id: 'agent-1', ...overrides }];

function membership(worker: RoleWorker = new TimedWorker(-1), maxTasks = 5) {
  const { logger, lines } = recordingLogger();
  let changes = 0;
  const subject = new Membership('agent-1', maxTasks, worker, logger);
  subject.onChange(() => (changes += 1));
  return { subject, sentences: () => lines.map(({ level, sentence }) => `${level}: ${sentence}`), changes: () => changes };
}

/** A worker that tells when it is stopped. */
function stoppable() {
  const stopped: string[] = [];
  const worker: RoleWorker = {
    work: (assignment, signal, report) =>
      new Promise((resolve) => {
        report('working');
        signal.addEventListener('abort', () => {
          stopped.push(`${assignment.roleName} generation ${assignment.generation}`);
          report('done');
          resolve();
        });
      }),
  };
  return { worker, stopped };
}

describe('the roles of an agent', () => {
  it('take a slot from the acceptance of the offer on', () => {
    const { subject } = membership();
    subject.reserve(anOfferFor('c1'));
    expect(subject.load()).toEqual({ currentTasks: 1, maxTasks: 5 });
    expect(subject.held()).toEqual([{ council_id: 'c1', role_name: 'developer', generation: 1, progress: 'assigned' }]);
  });

  it('are worked on when a status confirms them, and told as working', async () => {
    const { subject } = membership();
    subject.reserve(anOfferFor('c1'));
    subject.hear(aStatusFor('c1', 3));
    expect(subject.held()[0]?.progress).toBe('working');
    await subject.endAll();
  });

  it('free their slot when done, and stay told until the council releases them', async () => {
    const { subject } = membership(new TimedWorker(0));
    subject.reserve(anOfferFor('c1'));
    subject.hear(aStatusFor('c1', 3));
    await Promise.resolve();
    expect([subject.load().currentTasks, subject.held()[0]?.progress]).toEqual([0, 'done']);
    subject.hear(aStatusFor('c1', 4, { roles: role({ state: 'released' }) }));
    expect(subject.held()).toEqual([]);
  });

  it('are stopped at once when the council gives them to another, and said as a warning', () => {
    const { worker, stopped } = stoppable();
    const { subject, sentences } = membership(worker);
    subject.reserve(anOfferFor('c1'));
    subject.hear(aStatusFor('c1', 3));
    subject.hear(aStatusFor('c1', 4, { roles: role({ generation: 2, state: 'open', agent_id: undefined }) }));
    expect(stopped).toEqual(['developer generation 1']);
    expect(subject.held()).toEqual([]);
    expect(sentences()).toContain('warn: Role is no longer held by this agent, work on it stops');
  });

  it('start anew when this agent accepts the next generation while it works on the last', () => {
    const { worker, stopped } = stoppable();
    const { subject } = membership(worker);
    subject.reserve(anOfferFor('c1'));
    subject.hear(aStatusFor('c1', 3));
    subject.reserve(anOfferFor('c1', { offer_id: 'offer-2', generation: 2 }));
    expect([stopped, subject.held()[0]?.generation]).toEqual([['developer generation 1'], 2]);
  });

  it('end when the council ends', () => {
    const { worker, stopped } = stoppable();
    const { subject } = membership(worker);
    subject.reserve(anOfferFor('c1'));
    subject.hear(aStatusFor('c1', 3));
    subject.hear(aStatusFor('c1', 4, { status: 'completed' }));
    expect([stopped.length, subject.load().currentTasks, subject.councils.isOver('c1')]).toEqual([1, 0, true]);
  });

  it('do not come back with an update that is older than the last', () => {
    const { subject } = membership();
    subject.reserve(anOfferFor('c1'));
    expect(subject.hear(aStatusFor('c1', 4, { status: 'cancelled' }))).toBe(true);
    expect(subject.hear(aStatusFor('c1', 3))).toBe(false);
    expect(subject.held()).toEqual([]);
  });

  it('are given up when the work fails, so that the council finds another agent', async () => {
    const { subject, sentences } = membership({ work: () => Promise.reject(new Error('no model')) });
    subject.reserve(anOfferFor('c1'));
    subject.hear(aStatusFor('c1', 3));
    await new Promise(setImmediate);
    expect(subject.held()).toEqual([]);
    expect(sentences()).toContain('warn: Work on a role failed; the role is given up for another agent');
  });

  it('are told anew at each change', async () => {
    const { subject, changes } = membership(new TimedWorker(0));
    subject.reserve(anOfferFor('c1'));
    subject.reserve(anOfferFor('c1'));
    expect(changes()).toBe(1);
    subject.hear(aStatusFor('c1', 3));
    await Promise.resolve();
    expect(changes()).toBeGreaterThanOrEqual(2);
  });

  it('all end when the agent leaves', async () => {
    const { worker, stopped } = stoppable();
    const { subject } = membership(worker);
    for (const council of ['c1', 'c2']) {
      subject.reserve(anOfferFor(council));
      subject.hear(aStatusFor(council, 3));
    }
    await subject.endAll();
    expect([stopped.length, subject.held()]).toEqual([2, []]);
  });
});
