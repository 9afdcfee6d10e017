import type { CouncilStatus, OpportunityReason, RoleState } from '@whoosh/council-contracts';
import type { CouncilEvent } from './council.events.js';

/** One role that the request asked for. */
export interface RoleRequest {
  readonly role_name: string;
  readonly agent_name?: string;
  readonly required: boolean;
  readonly required_skills: string[];
  readonly description?: string;
}

/** The agent process that holds, or is offered, a role. A restarted agent is another holder. */
export interface RoleHolder {
  readonly agent_id: string;
  readonly instance_id: string;
  readonly agent_name: string;
}

/** An agent that had its chance at a role: it is asked again only on a bid of a later attempt. */
export interface PassedOver {
  readonly agent_id: string;
  readonly attempt: number;
  readonly generation: number;
  readonly reason: string;
}

/** A role of a council and who holds it. `generation` starts at 1 and grows each time the role reopens: it fences old holders. */
export interface RoleSlot {
  readonly role_name: string;
  readonly required: boolean;
  readonly state: RoleState;
  readonly generation: number;
  readonly holder?: RoleHolder;
  readonly offer_id?: string;
  readonly offer_expires_at?: string;
  readonly filled_at?: string;
  readonly done_at?: string;
  readonly passed_over: PassedOver[];
}

/** One bidder of the bid book, with the reasons for its place. */
export interface RankedBid {
  readonly agent_id: string;
  readonly instance_id: string;
  readonly agent_name: string;
  readonly attempt: number;
  readonly skills_matched: number;
  readonly confidence: number;
  readonly free_slots: number;
  readonly councils_held: number;
  readonly tie_break: number;
  readonly expires_at: string;
  readonly rationale?: string;
}

/** Answers "why this agent", and is the order in which standbys are asked. `ranked` is best first, at most five; `bidders` counts all. */
export interface RoleBidBook {
  readonly role_name: string;
  readonly attempt: number;
  readonly bidders: number;
  readonly ranked: RankedBid[];
}

/** One announcement of the council: decided by compare-and-set first, published after, so that any replica can finish it. */
export interface Announcement {
  readonly attempt: number;
  readonly reason: OpportunityReason;
  readonly open_roles: string[];
  readonly decided_at: string;
  readonly decided_by: string;
  readonly published_at?: string;
  readonly window_ends_at?: string;
  readonly stream_sequence?: number;
}

/** How far the last attempt got. `p95_ms`: publish to stored answer. Absent until somebody answered. */
export interface Reach {
  readonly expected: number;
  readonly answered: number;
  readonly p95_ms?: number;
}

/** The council document: one key of the bucket `chorus_councils`, changed by compare-and-set only. Times are RFC 3339 with milliseconds. */
export interface CouncilDocument {
  readonly schema_version: '1.0';
  readonly council_id: string;
  readonly project_name: string;
  readonly repository: string;
  readonly project_brief: string;
  readonly ucxl_address: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly core_roles: RoleRequest[];
  readonly optional_roles: RoleRequest[];
  readonly formation_deadline: string;
  readonly claim_window_ms: number;
  readonly response_jitter_ms: number;
  readonly allow_partial: boolean;
  readonly request_hash: string;
  readonly traceparent?: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly status: CouncilStatus;
  readonly previous_status?: CouncilStatus;
  readonly status_reason?: string;
  readonly attempt: number;
  readonly announcement: Announcement;
  readonly roles: RoleSlot[];
  readonly bid_book: RoleBidBook[];
  readonly reach: Reach;
  readonly active_at?: string;
  readonly ended_at?: string;
  readonly updated_at: string;
  /** The events that turned the revision before into this one: the history replays from them. */
  readonly changes: CouncilEvent[];
}

const FINAL: ReadonlySet<CouncilStatus> = new Set(['completed', 'failed', 'cancelled', 'expired']);

/** Whether nothing may change any more. */
export function isFinal(council: Pick<CouncilDocument, 'status'>): boolean {
  return FINAL.has(council.status);
}

/** The transitions of the council that protocol.md allows; a final status has none. */
export const LEGAL_TRANSITIONS: Readonly<Record<CouncilStatus, readonly CouncilStatus[]>> = {
  pending: ['forming', 'expired', 'cancelled', 'failed'],
  forming: ['forming', 'offering', 'degraded', 'expired', 'cancelled', 'failed'],
  offering: ['active', 'forming', 'degraded', 'expired', 'cancelled', 'failed'],
  active: ['degraded', 'completed', 'cancelled', 'failed'],
  degraded: ['active', 'completed', 'cancelled', 'failed'],
  completed: [],
  failed: [],
  cancelled: [],
  expired: [],
};

/**
 * How many agents are asked for one role in one attempt. After so many refusals nobody is asked until the next announcement: it
 * bounds the document, and keeps a fleet that refuses everything from being asked without end.
 */
export const MAX_PASSED_OVER = 16;

/** The skills that the request asked of a role. */
export function requiredSkills(council: Pick<CouncilDocument, 'core_roles' | 'optional_roles'>, roleName: string): readonly string[] {
  const role = [...council.core_roles, ...council.optional_roles].find((candidate) => candidate.role_name === roleName);
  return role?.required_skills ?? [];
}

/** The roles that must be filled. */
export function coreSlots(council: Pick<CouncilDocument, 'roles'>): RoleSlot[] {
  return council.roles.filter((role) => role.required);
}

/** Whether every core role is filled, or was filled and its work is done. */
export function coreRolesFull(council: Pick<CouncilDocument, 'roles'>): boolean {
  return coreSlots(council).every((role) => role.state === 'filled' || role.done_at !== undefined);
}

/** Who holds or is offered a role now. */
export function engagedAgents(council: Pick<CouncilDocument, 'roles'>): Set<string> {
  return new Set(
    council.roles.flatMap((role) => ((role.state === 'offered' || role.state === 'filled') && role.holder ? [role.holder.agent_id] : [])),
  );
}

/** RFC 3339 in UTC with milliseconds, as every time of the protocol is written. */
export function timestamp(nowMs: number): string {
  return new Date(nowMs).toISOString();
}
