import type { CouncilDocument, RankedBid, RoleBidBook, RoleSlot } from './council.js';
import { engagedAgents, MAX_PASSED_OVER, requiredSkills } from './council.js';

/** One agent's latest answer to a council, as the award sees it. */
export interface AgentAnswer {
  readonly agent_id: string;
  readonly instance_id: string;
  readonly agent_name: string;
  readonly attempt: number;
  readonly response: 'claim' | 'decline' | 'not_understood';
  readonly reason?: string;
  readonly bids: readonly { role_name: string; confidence: number; rationale?: string }[];
  readonly capabilities: readonly string[];
  readonly expires_at: string;
  readonly received_at: string;
  /** When the broker stored the answer, RFC 3339. */
  readonly answered_at: string;
  readonly delivery_count: number;
  readonly via: 'nats' | 'http';
}

/** What the award must know of an agent that is there. Only online agents are in the roster. */
export interface AwardCandidate {
  readonly instance_id: string;
  readonly free_slots: number;
  readonly councils_held: number;
}

/** A role given to an agent by the award. */
export interface Award {
  readonly slot: RoleSlot;
  readonly bid: RankedBid;
}

/** `awards`: at most one per agent and role, in the order of the council's roles. `bidBook`: for each role that had bids to rank. */
export interface AwardResult {
  readonly awards: Award[];
  readonly bidBook: RoleBidBook[];
}

/** How many bidders the bid book keeps per role. @source protocol.md, Award */
export const BID_BOOK_SIZE = 5;

/** Characters of a rationale that the bid book keeps. */
const MAX_RATIONALE = 200;

/**
 * Gives the open roles to the best bidders: the same result on every replica for the same input.
 * Core roles first, scarcest first; an augmenting path fills every core role whenever a matching exists.
 * @param council its open roles, and who is engaged already
 * @param answers the latest answer of each agent, from the claims stream; where it is silent the stored bid book counts
 * @param roster the agents that are online, by agent id
 * @param nowMs epoch milliseconds; expired bids are dropped
 * @source protocol.md, Award
 */
export function award(
  council: CouncilDocument,
  answers: readonly AgentAnswer[],
  roster: ReadonlyMap<string, AwardCandidate>,
  nowMs: number,
): AwardResult {
  const engaged = engagedAgents(council);
  // An attempt that this document does not know yet: the answer counts when it does.
  const known = answers.filter((answer) => answer.attempt <= council.attempt);
  const open = council.roles.filter((slot) => slot.state === 'open' && slot.done_at === undefined);
  const ranked = new Map(open.map((slot) => [slot, rank(council, slot, known, roster, nowMs)]));
  const eligible = new Map(
    [...ranked].map(([slot, bids]) => [slot, bids.filter((bid) => bid.free_slots > 0 && !engaged.has(bid.agent_id))]),
  );

  const owners = new Map<string, Award>();
  const byScarcity = (a: RoleSlot, b: RoleSlot) => (eligible.get(a)?.length ?? 0) - (eligible.get(b)?.length ?? 0);
  for (const slot of open.filter((role) => role.required).sort(byScarcity)) {
    if (!giveToBestFree(slot, eligible, owners)) giveByDisplacing(slot, eligible, owners, new Set());
  }
  for (const slot of open.filter((role) => !role.required).sort(byScarcity)) giveToBestFree(slot, eligible, owners);

  const bidBook = [...ranked].flatMap(([slot, bids]) =>
    bids.length === 0
      ? []
      : [{ role_name: slot.role_name, attempt: council.attempt, bidders: bids.length, ranked: bids.slice(0, BID_BOOK_SIZE) }],
  );
  const order = new Map(council.roles.map((slot, index) => [slot.role_name, index]));
  const awards = [...owners.values()].sort((a, b) => (order.get(a.slot.role_name) ?? 0) - (order.get(b.slot.role_name) ?? 0));
  return { awards, bidBook };
}

/** Every bid for the role that may win, best first. */
function rank(
  council: CouncilDocument,
  slot: RoleSlot,
  answers: readonly AgentAnswer[],
  roster: ReadonlyMap<string, AwardCandidate>,
  nowMs: number,
): RankedBid[] {
  if (slot.passed_over.filter((passed) => passed.attempt === council.attempt).length >= MAX_PASSED_OVER) return [];
  const answered = new Map(answers.map((answer) => [answer.agent_id, answer]));
  const stored = council.bid_book.find((book) => book.role_name === slot.role_name)?.ranked ?? [];
  // An answer speaks only for the roles that it was asked about: a reopened role's announcement leaves the standbys of the others alone.
  const asked = council.announcement.open_roles.includes(slot.role_name);
  const standby = stored.filter((bid) => !asked || !answerReplaces(answered.get(bid.agent_id), bid));
  return [...bidsFor(council, slot, answers), ...standby]
    .flatMap((bid) => {
      const candidate = roster.get(bid.agent_id);
      if (candidate === undefined || candidate.instance_id !== bid.instance_id) return [];
      if (Date.parse(bid.expires_at) <= nowMs || isPassedOver(slot, bid)) return [];
      return [{ ...bid, free_slots: candidate.free_slots, councils_held: candidate.councils_held }];
    })
    .sort(byMerit);
}

/** A newer answer of the same agent speaks for it, even when it no longer bids; one that came before the bid does not. */
function answerReplaces(answer: AgentAnswer | undefined, bid: RankedBid): boolean {
  return (
    answer !== undefined && (answer.attempt > bid.attempt || (answer.attempt === bid.attempt && answer.instance_id === bid.instance_id))
  );
}

function bidsFor(council: CouncilDocument, slot: RoleSlot, answers: readonly AgentAnswer[]): RankedBid[] {
  const skills = requiredSkills(council, slot.role_name);
  return answers.flatMap((answer) => {
    const bid = answer.response === 'claim' ? answer.bids.find((candidate) => candidate.role_name === slot.role_name) : undefined;
    if (bid === undefined) return [];
    const ranked: RankedBid = {
      agent_id: answer.agent_id,
      instance_id: answer.instance_id,
      agent_name: answer.agent_name,
      attempt: answer.attempt,
      skills_matched: skills.filter((skill) => answer.capabilities.includes(skill)).length,
      confidence: bid.confidence,
      free_slots: 0,
      councils_held: 0,
      tie_break: fnv1a32(`${council.council_id}|${slot.role_name}|${answer.agent_id}`),
      expires_at: answer.expires_at,
      ...(bid.rationale === undefined ? {} : { rationale: bid.rationale.slice(0, MAX_RATIONALE) }),
    };
    return [ranked];
  });
}

function isPassedOver(slot: RoleSlot, bid: RankedBid): boolean {
  return slot.passed_over.some((passed) => passed.agent_id === bid.agent_id && bid.attempt <= passed.attempt);
}

/** Skills matched, confidence, free slots, fewest councils held, then the hash: a total order. @source protocol.md, Award */
function byMerit(a: RankedBid, b: RankedBid): number {
  return (
    b.skills_matched - a.skills_matched ||
    b.confidence - a.confidence ||
    b.free_slots - a.free_slots ||
    a.councils_held - b.councils_held ||
    a.tie_break - b.tie_break ||
    (a.agent_id < b.agent_id ? -1 : 1)
  );
}

type Candidates = ReadonlyMap<RoleSlot, readonly RankedBid[]>;

function giveToBestFree(slot: RoleSlot, eligible: Candidates, owners: Map<string, Award>): boolean {
  const bid = eligible.get(slot)?.find((candidate) => !owners.has(candidate.agent_id));
  if (bid !== undefined) owners.set(bid.agent_id, { slot, bid });
  return bid !== undefined;
}

/** Kuhn's augmenting path: a bidder that won another role gives it up when that role has somebody else. */
function giveByDisplacing(slot: RoleSlot, eligible: Candidates, owners: Map<string, Award>, visited: Set<string>): boolean {
  for (const bid of eligible.get(slot) ?? []) {
    if (visited.has(bid.agent_id)) continue;
    visited.add(bid.agent_id);
    const owned = owners.get(bid.agent_id);
    if (owned === undefined || giveByDisplacing(owned.slot, eligible, owners, visited)) {
      owners.set(bid.agent_id, { slot, bid });
      return true;
    }
  }
  return false;
}

/** 32-bit FNV-1a of the UTF-8 bytes. @returns an unsigned integer */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
