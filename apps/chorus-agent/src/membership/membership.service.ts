import type { CouncilOpportunity, CouncilStatusUpdate, HeldRole, RoleOffer } from '@whoosh/council-contracts';
import type { Logger } from '@whoosh/service-runtime';
import type { RoleWorker } from '../work/role-worker.js';
import { WorkRuns } from '../work/work-runs.js';
import { CouncilMemory } from './council-memory.js';
import { progressOf, takesSlot } from './holding.js';
import type { Holding } from './holding.js';
import { applyProgress, applyStatus, applyTime } from './membership.js';
import type { Effect, EndReason, Transition } from './membership.js';

/** How long after an offer's expiry its confirmation may still come before the slot is free again. */
const CONFIRMATION_GRACE_MS = 5_000;

/** What `setTimeout` takes at most. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** How long workers may take to heed their signal when the agent leaves. */
const WORKERS_STOP_MS = 1_500;

/** An accepted offer of a council that is not known to be over. */
interface AcceptedOffer {
  readonly roleName: string;
  readonly generation: number;
  readonly opportunity: CouncilOpportunity;
}

/**
 * The roles that this agent has: reserved by accepted offers, confirmed or ended by status updates, worked on in between.
 * Owns the workers and the timers of reservations.
 */
export class Membership {
  private readonly holdings = new Map<string, Holding>();
  private readonly accepted = new Map<string, AcceptedOffer>();
  private readonly runs: WorkRuns;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly listeners: (() => void)[] = [];
  readonly councils = new CouncilMemory();

  constructor(
    private readonly agentId: string,
    private readonly maxTasks: number,
    worker: RoleWorker,
    private readonly logger: Logger,
  ) {
    this.runs = new WorkRuns(worker);
  }

  /** Calls a listener after each change of what presence tells. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** What the agent has in a council; `undefined`: nothing. */
  holdingIn(councilId: string): Holding | undefined {
    return this.holdings.get(councilId);
  }

  /** Slots in use and in all. */
  load(): { currentTasks: number; maxTasks: number } {
    return { currentTasks: [...this.holdings.values()].filter(takesSlot).length, maxTasks: this.maxTasks };
  }

  /** What presence tells of the roles, in the order in which they were accepted. */
  held(): HeldRole[] {
    return [...this.holdings.values()].map((holding) => ({
      council_id: holding.councilId,
      role_name: holding.roleName,
      generation: holding.generation,
      progress: progressOf(holding),
    }));
  }

  /**
   * Reserves a slot for an offer that is being accepted. An earlier generation of the same role ends; accepting twice changes nothing.
   * @param offer the offer
   */
  reserve(offer: RoleOffer): void {
    const { council_id: councilId, role_name: roleName, generation } = offer;
    const before = this.holdings.get(councilId);
    if (before?.roleName === roleName && before.generation === generation) return;
    if (before !== undefined) this.carryOut({ do: 'end', holding: before, why: 'fenced', hadStarted: before.phase !== 'reserved' });
    const reservedUntilMs = Date.parse(offer.offer_expires_at) + CONFIRMATION_GRACE_MS;
    this.accepted.set(councilId, { roleName, generation, opportunity: offer.opportunity });
    this.holdings.set(councilId, { councilId, roleName, generation, phase: 'reserved', reservedUntilMs });
    this.wakeAt(councilId, reservedUntilMs);
    this.changed();
  }

  /**
   * Takes a status update in: starts and stops workers by it. Updates out of order are ignored.
   * @returns whether it was new
   */
  hear(update: CouncilStatusUpdate): boolean {
    if (!this.councils.hear(update)) return false;
    const councilId = update.council_id;
    const accepted = this.accepted.get(councilId);
    const isAccepted = (roleName: string, generation: number) => accepted?.roleName === roleName && accepted.generation === generation;
    this.enter(councilId, applyStatus(this.holdings.get(councilId), update, this.agentId, isAccepted));
    if (this.councils.isOver(councilId)) this.accepted.delete(councilId);
    return true;
  }

  /** Stops every worker and gives every role up: the agent leaves or is fenced. A worker that does not heed its signal is left behind. */
  async endAll(): Promise<void> {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.holdings.clear();
    this.accepted.clear();
    if (!(await this.runs.abortAll(WORKERS_STOP_MS))) this.logger.warn({ timeout_ms: WORKERS_STOP_MS }, 'A worker did not stop in time');
  }

  private enter(councilId: string, { holding, effects }: Transition): void {
    const before = this.holdings.get(councilId);
    if (before === holding && effects.length === 0) return;
    if (holding === undefined) this.holdings.delete(councilId);
    else this.holdings.set(councilId, holding);
    for (const effect of effects) this.carryOut(effect);
    this.changed();
  }

  private carryOut(effect: Effect): void {
    const { holding } = effect;
    clearTimeout(this.timers.get(holding.councilId));
    this.timers.delete(holding.councilId);
    if (effect.do === 'start-work') return this.startWork(holding);
    this.runs.abort(holding.councilId, effect.why);
    // Of a lapsed reservation the confirmation may still come.
    if (effect.why !== 'not-confirmed') this.accepted.delete(holding.councilId);
    this.logger[effect.why === 'fenced' && effect.hadStarted ? 'warn' : 'info'](fieldsOf(holding), END_SENTENCES[effect.why]);
  }

  private startWork(holding: Holding): void {
    const opportunity = this.accepted.get(holding.councilId)?.opportunity;
    if (opportunity === undefined) return;
    this.logger.info(fieldsOf(holding), 'Role assigned, work starts');
    const { councilId, roleName, generation } = holding;
    const assignment = { councilId, roleName, generation, opportunity };
    this.runs.start(assignment, {
      onProgress: (progress) => this.progress(councilId, progress),
      onFailed: (error) => this.giveUp(holding, error),
    });
  }

  private giveUp(holding: Holding, error: unknown): void {
    this.logger.warn({ ...fieldsOf(holding), error }, 'Work on a role failed; the role is given up for another agent');
    this.accepted.delete(holding.councilId);
    this.holdings.delete(holding.councilId);
    this.changed();
  }

  private progress(councilId: string, progress: 'working' | 'done'): void {
    const before = this.holdings.get(councilId);
    if (before === undefined) return;
    const after = applyProgress(before, progress);
    if (after.phase === before.phase) return;
    this.holdings.set(councilId, after);
    this.logger.info({ ...fieldsOf(after), progress }, progress === 'done' ? 'Work on a role is done' : 'Work on a role started');
    this.changed();
  }

  private wakeAt(councilId: string, atMs: number): void {
    clearTimeout(this.timers.get(councilId));
    const wake = () => {
      const holding = this.holdings.get(councilId);
      if (holding?.phase !== 'reserved') return;
      if (Date.now() < holding.reservedUntilMs) this.wakeAt(councilId, holding.reservedUntilMs);
      else this.enter(councilId, applyTime(holding, Date.now()));
    };
    const delayMs = Math.min(Math.max(0, atMs - Date.now()) + 1, LONGEST_TIMER_MS);
    // unref: a reservation keeps no process alive.
    this.timers.set(councilId, setTimeout(wake, delayMs).unref());
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

const END_SENTENCES: Record<EndReason, string> = {
  fenced: 'Role is no longer held by this agent, work on it stops',
  released: 'Role released',
  'council-over': 'Council is over, its role is free',
  'not-confirmed': 'Accepted role was not confirmed in time, its slot is free',
};

function fieldsOf({ councilId, roleName, generation }: Pick<Holding, 'councilId' | 'roleName' | 'generation'>) {
  return { council_id: councilId, role_name: roleName, generation };
}
