import type { CouncilOpportunity, CouncilRole } from '@whoosh/council-contracts';
import type { StandingState } from '../identity/standing.js';

/** What the decision needs to know of the agent. */
export interface AgentSnapshot {
  readonly standing: StandingState;
  /** Roles it is willing to take; empty: any. */
  readonly roles: readonly string[];
  /** Capabilities and skills together. */
  readonly skills: readonly string[];
  readonly currentTasks: number;
  readonly maxTasks: number;
  /** The role it holds, or has accepted, in this council. */
  readonly heldRole?: string;
}

/** A role that the agent offers to take. */
export interface Bid {
  readonly role_name: string;
  /** 0..1 */
  readonly confidence: number;
  readonly rationale: string;
}

/** The answer to an opportunity, before it is addressed and published. */
export type ClaimDecision =
  | { readonly response: 'claim'; readonly bids: readonly Bid[] }
  | { readonly response: 'decline' | 'not_understood'; readonly reason: string };

/** A specialist that is asked for by name is preferred to an agent that takes any role. */
const ANY_ROLE_CONFIDENCE = 0.6;

/**
 * What an agent answers to an opportunity.
 * It bids for each open role that it is willing to take and for which it has at least one of the required skills, if there are any.
 * Confidence is the share of the required skills that it has, times 0.6 when its configuration names no roles.
 * @param opportunity what is asked
 * @param agent what the agent is and has in hand
 * @param now the time
 * @returns a claim with at least one bid, in the order of the opportunity's roles, or a decline with its reason
 */
export function decideClaim(opportunity: CouncilOpportunity, agent: AgentSnapshot, now: Date): ClaimDecision {
  const obstacle = obstacleTo(opportunity, agent, now);
  if (obstacle !== undefined) return { response: 'decline', reason: obstacle };
  const open = openRoles(opportunity);
  const bids = open.flatMap((role) => bidFor(role, agent) ?? []);
  if (bids.length > 0) return { response: 'claim', bids };
  const names = open.map((role) => role.role_name).join(', ');
  return { response: 'decline', reason: open.length === 0 ? 'no role is open' : `no matching role among: ${names}` };
}

/** What keeps the agent from any role of this council; the first that holds. */
function obstacleTo(opportunity: CouncilOpportunity, agent: AgentSnapshot, now: Date): string | undefined {
  if (agent.standing !== 'serving') return agent.standing === 'leaving' ? 'draining' : 'fenced';
  if (Date.parse(opportunity.formation_deadline) <= now.getTime())
    return `the formation deadline ${opportunity.formation_deadline} is over`;
  if (agent.heldRole !== undefined) return `already holds the role ${agent.heldRole} of this council`;
  if (agent.currentTasks >= agent.maxTasks) return `at capacity: ${agent.currentTasks} of ${agent.maxTasks} tasks`;
  return undefined;
}

function openRoles(opportunity: CouncilOpportunity): CouncilRole[] {
  const roles = [...opportunity.core_roles, ...opportunity.optional_roles];
  return roles.filter((role) => opportunity.open_roles.includes(role.role_name));
}

/**
 * Whether an agent is willing to take a role, by its configuration.
 * @param roleName the role; case does not matter
 * @param roles the configured roles; empty: any
 */
export function isWillingTo(roleName: string, roles: readonly string[]): boolean {
  return roles.length === 0 || roles.some((role) => sameWord(role, roleName));
}

function bidFor(role: CouncilRole, agent: AgentSnapshot): Bid | undefined {
  if (!isWillingTo(role.role_name, agent.roles)) return undefined;
  const required = role.required_skills;
  const matched = required.filter((skill) => agent.skills.some((own) => sameWord(own, skill)));
  if (required.length > 0 && matched.length === 0) return undefined;
  const share = required.length === 0 ? 1 : matched.length / required.length;
  const confidence = Math.round(share * (agent.roles.length === 0 ? ANY_ROLE_CONFIDENCE : 1) * 1_000) / 1_000;
  const skills = required.length === 0 ? 'no skills required' : `${matched.length} of ${required.length} required skills`;
  return {
    role_name: role.role_name,
    confidence,
    rationale: `${skills}; ${agent.roles.length === 0 ? 'takes any role' : 'takes this role'}`,
  };
}

function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
