import { createHash } from 'node:crypto';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import type { CouncilDocument, RoleRequest } from './council.js';
import { isFinal, timestamp } from './council.js';
import type { CouncilFact, CouncilFoundation } from './council.events.js';
import { IllegalTransitionError } from './council.errors.js';
import { claimWindowMs } from './decide.js';

/** A valid request for a council, roles normalised to objects. Times in milliseconds. */
export interface CouncilRequest {
  readonly project_name: string;
  readonly repository: string;
  readonly project_brief?: string;
  readonly core_roles: RoleRequest[];
  readonly optional_roles: RoleRequest[];
  readonly ucxl_address?: string;
  /** RFC 3339; absent: now + the default formation timeout. */
  readonly formation_deadline?: string;
  readonly claim_window_ms?: number;
  readonly response_jitter_ms?: number;
  readonly allow_partial?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a replica fills in where the request is silent. */
export interface FormationDefaults {
  readonly formationTimeoutMs: number;
  readonly claimWindowMs: number;
  readonly responseJitterMs: number;
}

/** The namespace of every UUIDv5 that this product derives. */
const NAMESPACE = 'f0a1c7de-6f0e-5b61-9a53-1d6c2b8d7e11';

/** The council's id: from the Idempotency-Key, so that the same key is the same document on every replica; else a new UUIDv7. */
export function councilIdOf(idempotencyKey: string | undefined): string {
  return idempotencyKey === undefined ? uuidv7() : uuidv5(`council|${idempotencyKey}`, NAMESPACE);
}

/** The offer's id, from the fact. @source protocol.md, States */
export function offerIdOf(councilId: string, roleName: string, generation: number): string {
  return uuidv5(`offer|${councilId}|${roleName}|${generation}`, NAMESPACE);
}

/** SHA-256 of the request, keys sorted, as hex: tells whether two bodies under one key are the same. */
export function requestHash(request: object): string {
  return createHash('sha256').update(canonicalJson(request)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

/** How far ahead a deadline may be: as long as the streams keep what a formation needs. */
const LONGEST_FORMATION_MS = 7 * 24 * 3_600_000;

/** What is wrong with a requested deadline; undefined when nothing is. */
export function deadlineFault(deadline: string | undefined, nowMs: number): string | undefined {
  if (deadline === undefined) return undefined;
  const aheadMs = Date.parse(deadline) - nowMs;
  if (aheadMs > LONGEST_FORMATION_MS) return 'must be at most 7 days ahead';
  return aheadMs > 0 ? undefined : `must be ahead of now (${timestamp(nowMs)})`;
}

/** Everything about a new council that never changes. */
export function foundationOf(
  request: CouncilRequest,
  councilId: string,
  defaults: FormationDefaults,
  nowMs: number,
  traceparent?: string,
): CouncilFoundation {
  return {
    council_id: councilId,
    project_name: request.project_name,
    repository: request.repository,
    project_brief: request.project_brief ?? '',
    ucxl_address: request.ucxl_address ?? `ucxl://any:any@${slug(request.project_name)}:council/${councilId}`,
    metadata: request.metadata ?? {},
    core_roles: request.core_roles,
    optional_roles: request.optional_roles,
    formation_deadline: request.formation_deadline
      ? timestamp(Date.parse(request.formation_deadline))
      : timestamp(nowMs + defaults.formationTimeoutMs),
    claim_window_ms: request.claim_window_ms ?? defaults.claimWindowMs,
    response_jitter_ms: request.response_jitter_ms ?? defaults.responseJitterMs,
    allow_partial: request.allow_partial ?? false,
    request_hash: requestHash(request),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function slug(name: string): string {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.replace(/^-+|-+$/g, '').slice(0, 64) || 'project';
}

/** The announcement went out. Says nothing when another replica recorded it, or the council went on meanwhile. */
export function recordPublication(
  council: CouncilDocument,
  published: { attempt: number; publishedAtMs: number; streamSequence: number | undefined; expected: number },
): CouncilFact[] {
  if (isFinal(council) || council.attempt !== published.attempt || council.announcement.published_at !== undefined) return [];
  return [
    {
      type: 'opportunity_published',
      attempt: published.attempt,
      published_at: timestamp(published.publishedAtMs),
      window_ends_at: timestamp(published.publishedAtMs + claimWindowMs(council, published.attempt)),
      ...(published.streamSequence === undefined ? {} : { stream_sequence: published.streamSequence }),
      expected: published.expected,
    },
  ];
}

/** How an offer ended, as the replica that sent it saw. */
export interface OfferOutcome {
  readonly role_name: string;
  readonly generation: number;
  readonly offer_id: string;
  readonly accepted: boolean;
  readonly reason?: string;
}

/** Answers to offers. An outcome of an offer that is no longer out is of the past and says nothing. */
export function recordOffers(council: CouncilDocument, outcomes: readonly OfferOutcome[]): CouncilFact[] {
  return outcomes.flatMap((outcome): CouncilFact[] => {
    const slot = council.roles.find((role) => role.role_name === outcome.role_name);
    if (slot?.state !== 'offered' || slot.generation !== outcome.generation || slot.offer_id !== outcome.offer_id) return [];
    const { role_name, generation } = outcome;
    return outcome.accepted
      ? [{ type: 'offer_accepted', role_name, generation }]
      : [{ type: 'offer_failed', role_name, generation, reason: outcome.reason ?? 'refused' }];
  });
}

/**
 * Ends a council on request. A cancelled council stays cancelled: cancelling again says nothing.
 * @throws IllegalTransitionError when it ended otherwise
 */
export function cancel(council: CouncilDocument, reason: string): CouncilFact[] {
  if (council.status === 'cancelled') return [];
  if (isFinal(council)) throw new IllegalTransitionError(council.council_id, council.status, 'cancelled');
  return [{ type: 'council_cancelled', reason }];
}

/**
 * Ends an active or degraded council as a success. A completed one stays completed.
 * @throws IllegalTransitionError when it is still forming or ended otherwise
 */
export function complete(council: CouncilDocument, reason: string): CouncilFact[] {
  if (council.status === 'completed') return [];
  if (council.status !== 'active' && council.status !== 'degraded') {
    throw new IllegalTransitionError(council.council_id, council.status, 'completed');
  }
  return [{ type: 'council_completed', reason }];
}
