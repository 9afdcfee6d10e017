import type { RoleOffer } from '@whoosh/council-contracts';
import type { StandingState } from '../identity/standing.js';
import type { Holding } from '../membership/holding.js';
import { isWillingTo } from '../opportunities/decide-claim.js';

/** What the decision needs to know of the agent. */
export interface OfferSituation {
  readonly standing: StandingState;
  /** Roles it is willing to take; empty: any. */
  readonly roles: readonly string[];
  readonly freeSlots: number;
  /** What it has in the council of the offer. */
  readonly holding?: Holding;
  /** The highest generation of the role heard of; 0 when none. */
  readonly knownGeneration: number;
  readonly councilOver: boolean;
}

/** The answer to an offer. */
export type OfferDecision = { readonly accept: true } | { readonly accept: false; readonly reason: string };

/**
 * Whether an agent takes the role that it is offered. It does when it serves, has a free slot, and the offer is neither expired nor
 * overtaken by a later generation. An offer of what it already has is accepted again: the first answer may have been lost.
 * @param offer the offer
 * @param agent what the agent is and has in hand
 * @param now the time
 */
export function decideOffer(offer: RoleOffer, agent: OfferSituation, now: Date): OfferDecision {
  const reason = reasonAgainst(offer, agent, now);
  return reason === undefined ? { accept: true } : { accept: false, reason };
}

function reasonAgainst(offer: RoleOffer, agent: OfferSituation, now: Date): string | undefined {
  const { holding } = agent;
  if (agent.standing !== 'serving') return agent.standing === 'leaving' ? 'draining' : 'fenced';
  if (agent.councilOver) return 'the council is over';
  if (Date.parse(offer.offer_expires_at) <= now.getTime()) return `the offer expired at ${offer.offer_expires_at}`;
  const known = Math.max(agent.knownGeneration, holding?.roleName === offer.role_name ? holding.generation : 0);
  if (offer.generation < known) return `generation ${offer.generation} is overtaken by ${known}`;
  if (holding !== undefined && holding.roleName !== offer.role_name) return `already holds the role ${holding.roleName} of this council`;
  if (!isWillingTo(offer.role_name, agent.roles)) return `does not take the role ${offer.role_name}`;
  // The slot of an earlier generation of the same role is used again.
  if (holding === undefined && agent.freeSlots <= 0) return 'at capacity';
  return undefined;
}
