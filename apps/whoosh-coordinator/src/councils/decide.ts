import { coreRolesFull, coreSlots, isFinal, type CouncilDocument, type RoleSlot, timestamp } from './council.js';
import type { CouncilFact } from './council.events.js';
import { award, type AgentAnswer, type AwardCandidate, type AwardResult } from './award.js';
import { evolveAll } from './evolve.js';
import { stamp } from './council.events.js';
import { isReachable, lossOf, type Roster } from '../roster/roster.js';

/** What a replica knows besides the document when it decides. */
export interface DecisionContext {
  readonly nowMs: number;
  readonly replicaId: string;
  readonly roster: Roster;
  /** The latest answer of each agent; empty when this replica has none in hand. */
  readonly answers: readonly AgentAnswer[];
  /** Who was expected at the last announcement; absent while unknown, which waits for the window. */
  readonly expected: readonly string[] | undefined;
  /** Councils in which an agent holds or is offered a role, over all open councils. */
  readonly councilsHeld: (agentId: string) => number;
  readonly offerId: (councilId: string, roleName: string, generation: number) => string;
  readonly offerTimeoutMs: number;
  /** How long others leave an announcement or an offer to the replica that decided it. */
  readonly takeOverAfterMs: number;
}

/**
 * What has to happen to the council now. Pure and level-triggered: called again with the same input it says the same,
 * and once applied it says nothing more.
 * @returns the facts in order; empty when nothing is due
 */
export function decide(council: CouncilDocument, context: DecisionContext): CouncilFact[] {
  const facts: CouncilFact[] = [];
  let current = council;
  for (const step of [settleRoles, conclude, fillRoles]) {
    const due = step(current, context);
    if (due.length === 0) continue;
    facts.push(...due);
    current = evolveAll(current, stamp(due, context.replicaId, timestamp(context.nowMs)));
  }
  return facts;
}

/** Role by role: holders that are lost, work that is done, offers that ran out. */
function settleRoles(council: CouncilDocument, context: DecisionContext): CouncilFact[] {
  if (isFinal(council)) return [];
  const settled = council.roles.flatMap((slot) => settleRole(council, slot, context));
  const lost = settled.find((fact) => fact.type === 'role_lost');
  if (lost?.type !== 'role_lost' || council.status !== 'active') return settled;
  return [...settled, { type: 'council_degraded', reason: `${lost.role_name}: ${lost.reason}` }];
}

function settleRole(council: CouncilDocument, slot: RoleSlot, context: DecisionContext): CouncilFact[] {
  const { role_name, generation, holder } = slot;
  if (slot.state === 'offered' && slot.offer_expires_at !== undefined) {
    const expired = context.nowMs >= Date.parse(slot.offer_expires_at) + context.takeOverAfterMs;
    return expired ? [{ type: 'offer_failed', role_name, generation, reason: 'offer expired without an answer' }] : [];
  }
  if (slot.state !== 'filled' || holder === undefined) return [];
  if (isReportedDone(council, slot, context)) return [{ type: 'role_done', role_name, generation }];
  const held = { ...holder, council_id: council.council_id, role_name, generation };
  const reason = lossOf(context.roster, held, Date.parse(slot.filled_at ?? council.updated_at), context.nowMs);
  return reason === undefined ? [] : [{ type: 'role_lost', role_name, generation, reason }];
}

function isReportedDone(council: CouncilDocument, slot: RoleSlot, { roster }: DecisionContext): boolean {
  const presence = roster.entries.get(slot.holder?.agent_id ?? '')?.presence;
  return (presence?.holding ?? []).some(
    (held) =>
      presence?.instance_id === slot.holder?.instance_id &&
      held.council_id === council.council_id &&
      held.role_name === slot.role_name &&
      held.generation === slot.generation &&
      held.progress === 'done',
  );
}

/** The council as a whole: complete, full, or past its deadline. */
function conclude(council: CouncilDocument, context: DecisionContext): CouncilFact[] {
  const { nowMs } = context;
  switch (council.status) {
    case 'pending':
    case 'forming':
    case 'offering': {
      if (council.status === 'offering' && coreRolesFull(council)) return [{ type: 'council_activated' }];
      if (nowMs < Date.parse(council.formation_deadline)) return [];
      const missing = coreSlots(council).filter((slot) => slot.state !== 'filled' && slot.done_at === undefined);
      const reason = `formation deadline passed without ${missing.map((slot) => slot.role_name).join(', ')}`;
      const partial = council.allow_partial && council.status !== 'pending' && missing.length < coreSlots(council).length;
      return [{ type: partial ? 'council_degraded' : 'council_expired', reason, reach: reachOf(council, context) }];
    }
    case 'active':
    case 'degraded': {
      if (isWorkDone(council)) return [{ type: 'council_completed', reason: 'all roles reported done' }];
      return council.status === 'degraded' && coreRolesFull(council) ? [{ type: 'council_activated' }] : [];
    }
    case 'completed':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return [];
  }
}

/** Every core role done, and nobody still works on, or is offered, an optional one. */
function isWorkDone(council: CouncilDocument): boolean {
  return (
    coreSlots(council).every((slot) => slot.done_at !== undefined) &&
    council.roles.every((slot) => slot.state !== 'filled' && slot.state !== 'offered')
  );
}

/** Open roles: awarded when there are bids and the window lets us; announced again when there are none. */
function fillRoles(council: CouncilDocument, context: DecisionContext): CouncilFact[] {
  if (isFinal(council) || council.status === 'pending' || council.announcement.published_at === undefined) return [];
  const openCore = coreSlots(council).filter((slot) => slot.state === 'open' && slot.done_at === undefined);
  const open = council.roles.some((slot) => slot.state === 'open' && slot.done_at === undefined);
  if (!open || isWorkDone(council)) return [];
  if (council.status === 'forming' && !mayConclude(council, context)) return [];

  const result = award(council, context.answers, candidates(council, context), context.nowMs);
  const offersOut = council.roles.some((slot) => slot.state === 'offered');
  const reforming: CouncilFact[] =
    council.status === 'offering' && !offersOut ? [{ type: 'council_reforming', reason: `open again: ${names(openCore)}` }] : [];
  if (result.awards.length > 0) return [...reforming, awarded(council, result, context)];
  if (openCore.length === 0 || offersOut) return [];
  const again: CouncilFact = {
    type: 'announcement_decided',
    attempt: council.attempt + 1,
    reason: council.active_at === undefined ? 'reminder' : 'reopen',
    open_roles: openCore.map((slot) => slot.role_name),
    reach: reachOf(council, context),
  };
  return isWindowOver(council, context.nowMs) || isNewlyLost(council, openCore) ? [...reforming, again] : reforming;
}

/** A role lost after the council was full is announced at once: the window of an announcement that did not ask for it says nothing about it. */
function isNewlyLost({ status, active_at, announcement }: CouncilDocument, openCore: readonly RoleSlot[]): boolean {
  if (status !== 'degraded' || active_at === undefined) return false;
  return announcement.reason !== 'reopen' || openCore.some((slot) => !announcement.open_roles.includes(slot.role_name));
}

function awarded(council: CouncilDocument, result: AwardResult, context: DecisionContext): CouncilFact {
  return {
    type: 'roles_awarded',
    assignments: result.awards.map(({ slot, bid }) => ({
      role_name: slot.role_name,
      generation: slot.generation,
      agent_id: bid.agent_id,
      instance_id: bid.instance_id,
      agent_name: bid.agent_name,
      offer_id: context.offerId(council.council_id, slot.role_name, slot.generation),
    })),
    offer_expires_at: timestamp(context.nowMs + context.offerTimeoutMs),
    bid_book: result.bidBook,
    reach: reachOf(council, context),
  };
}

/** Who may be awarded a role now: reachable, with the room it says it has less what open councils gave it meanwhile. */
function candidates(council: CouncilDocument, { roster, councilsHeld }: DecisionContext): Map<string, AwardCandidate> {
  const found = new Map<string, AwardCandidate>();
  for (const [agentId, entry] of roster.entries) {
    if (!isReachable(entry)) continue;
    const held = councilsHeld(agentId);
    const used = Math.max(held, entry.presence.current_tasks);
    found.set(agentId, {
      instance_id: entry.presence.instance_id,
      free_slots: Math.max(0, entry.presence.max_tasks - used),
      councils_held: held,
    });
  }
  return found;
}

/** Whether the answers to the last announcement are all in, or its window is over. */
export function isCollected(
  council: CouncilDocument,
  context: Pick<DecisionContext, 'nowMs' | 'expected' | 'roster' | 'answers'>,
): boolean {
  if (isWindowOver(council, context.nowMs)) return true;
  if (context.expected === undefined || context.expected.length === 0) return false;
  const answered = new Map(context.answers.map((answer) => [answer.agent_id, answer]));
  return context.expected.every((agentId) => {
    const entry = context.roster.entries.get(agentId);
    if (!isReachable(entry)) return true;
    const answer = answered.get(agentId);
    return answer !== undefined && answer.attempt >= council.attempt && answer.instance_id === entry.presence.instance_id;
  });
}

/** The replica that announced the council awards it at once; the others leave it that, and step in a little later. */
function mayConclude(council: CouncilDocument, context: DecisionContext): boolean {
  if (!isCollected(council, context)) return false;
  if (council.announcement.decided_by === context.replicaId) return true;
  const windowEndsAtMs = Date.parse(council.announcement.window_ends_at ?? council.updated_at);
  const lastAnswerAtMs = Math.max(0, ...context.answers.map((answer) => Date.parse(answer.answered_at)));
  return context.nowMs >= Math.min(windowEndsAtMs, lastAnswerAtMs) + context.takeOverAfterMs;
}

/** Whether the claim window of the last announcement has ended. */
export function isWindowOver(council: CouncilDocument, nowMs: number): boolean {
  const endsAt = council.announcement.window_ends_at;
  return endsAt !== undefined && nowMs >= Date.parse(endsAt);
}

/**
 * How long the window of an attempt is: it doubles, so that a council nobody wants does not shout. At most a minute while it forms, and an
 * hour once it was active: such a council has no deadline, and its history has room for 64 revisions.
 */
export function claimWindowMs(council: Pick<CouncilDocument, 'claim_window_ms' | 'active_at'>, attempt: number): number {
  const longestMs = council.active_at === undefined ? 60_000 : 3_600_000;
  return Math.max(council.claim_window_ms, Math.min(council.claim_window_ms * 2 ** Math.min(attempt - 1, 20), longestMs));
}

/** Expected, answered and p95 of the attempt, as far as this replica knows. */
export function reachOf(council: CouncilDocument, { answers, expected }: Pick<DecisionContext, 'answers' | 'expected'>) {
  const wanted = new Set(expected);
  const current = answers.filter((answer) => answer.attempt >= council.attempt && wanted.has(answer.agent_id));
  if (expected === undefined || current.length === 0) return council.reach;
  const publishedAtMs = Date.parse(council.announcement.published_at ?? council.updated_at);
  const latencies = current.map((answer) => Math.max(0, Date.parse(answer.answered_at) - publishedAtMs)).sort((a, b) => a - b);
  return { expected: wanted.size, answered: current.length, p95_ms: latencies[Math.ceil(latencies.length * 0.95) - 1] ?? 0 };
}

function names(slots: readonly RoleSlot[]): string {
  return slots.map((slot) => slot.role_name).join(', ');
}
