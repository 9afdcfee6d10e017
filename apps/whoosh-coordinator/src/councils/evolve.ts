import type { CouncilStatus } from '@whoosh/council-contracts';
import type { CouncilDocument, RoleSlot } from './council.js';
import { LEGAL_TRANSITIONS, MAX_PASSED_OVER } from './council.js';
import { IllegalTransitionError } from './council.errors.js';
import type { Assignment, CouncilEvent, CouncilFoundation } from './council.events.js';

/** The document of a new council, before anything was announced. */
export function found(foundation: CouncilFoundation, created: CouncilEvent): CouncilDocument {
  const slots = [...foundation.core_roles, ...foundation.optional_roles].map((role, index): RoleSlot => ({
    role_name: role.role_name,
    required: index < foundation.core_roles.length,
    state: 'open',
    generation: 1,
    passed_over: [],
  }));
  return {
    schema_version: '1.0',
    ...foundation,
    created_at: created.at,
    created_by: created.by,
    status: 'pending',
    attempt: 1,
    announcement: {
      attempt: 1,
      reason: 'initial',
      open_roles: slots.map((slot) => slot.role_name),
      decided_at: created.at,
      decided_by: created.by,
    },
    roles: slots,
    bid_book: [],
    reach: { expected: 0, answered: 0 },
    updated_at: created.at,
    changes: [created],
  };
}

/**
 * The next revision: every event applied in order, and kept in `changes`.
 * @throws IllegalTransitionError when an event is not legal from where the council stands; nothing is changed
 */
export function evolveAll(council: CouncilDocument, events: readonly CouncilEvent[]): CouncilDocument {
  return { ...events.reduce(evolve, council), changes: [...events] };
}

/** One event applied. Pure; `changes` is left to `evolveAll`. */
export function evolve(council: CouncilDocument, event: CouncilEvent): CouncilDocument {
  const next = { ...council, updated_at: event.at };
  switch (event.type) {
    case 'council_created':
      return next;
    case 'announcement_decided':
      return {
        ...next,
        reach: event.reach ?? next.reach,
        attempt: event.attempt,
        announcement: {
          attempt: event.attempt,
          reason: event.reason,
          open_roles: event.open_roles,
          decided_at: event.at,
          decided_by: event.by,
        },
      };
    case 'opportunity_published': {
      const published = {
        ...next,
        announcement: {
          ...next.announcement,
          published_at: event.published_at,
          window_ends_at: event.window_ends_at,
          ...(event.stream_sequence === undefined ? {} : { stream_sequence: event.stream_sequence }),
        },
        reach: { expected: event.expected, answered: 0 },
      };
      return council.status === 'pending' ? withStatus(published, 'forming') : published;
    }
    case 'roles_awarded': {
      const awarded = {
        ...next,
        roles: event.assignments.reduce((roles, given) => offered(roles, given, event.offer_expires_at), next.roles),
        bid_book: [...next.bid_book.filter((old) => !event.bid_book.some((fresh) => fresh.role_name === old.role_name)), ...event.bid_book],
        reach: event.reach,
      };
      return council.status === 'forming' ? withStatus(awarded, 'offering') : awarded;
    }
    case 'offer_accepted':
      return {
        ...next,
        roles: change(next.roles, event, 'offered', ({ offer_expires_at: _, ...slot }) => ({
          ...slot,
          state: 'filled',
          filled_at: event.at,
        })),
      };
    case 'offer_failed':
      return { ...next, roles: change(next.roles, event, 'offered', (slot) => reopened(slot, council.attempt, event.reason)) };
    case 'role_lost':
      return { ...next, roles: change(next.roles, event, 'filled', (slot) => reopened(slot, council.attempt, event.reason)) };
    case 'role_done':
      return { ...next, roles: change(next.roles, event, 'filled', (slot) => ({ ...slot, state: 'released', done_at: event.at })) };
    case 'council_reforming':
      return withStatus(next, 'forming', event.reason);
    case 'council_activated':
      return withStatus({ ...next, active_at: next.active_at ?? event.at }, 'active');
    case 'council_degraded':
      return withStatus({ ...next, reach: event.reach ?? next.reach }, 'degraded', event.reason);
    case 'council_completed':
      return ended(next, 'completed', event);
    case 'council_failed':
      return ended(next, 'failed', event);
    case 'council_cancelled':
      return ended(next, 'cancelled', event);
    case 'council_expired':
      return ended({ ...next, reach: event.reach ?? next.reach }, 'expired', event);
  }
}

function withStatus(council: CouncilDocument, to: CouncilStatus, reason?: string): CouncilDocument {
  if (!LEGAL_TRANSITIONS[council.status].includes(to)) throw new IllegalTransitionError(council.council_id, council.status, to);
  const { status_reason: _, ...rest } = council;
  return { ...rest, previous_status: council.status, status: to, ...(reason === undefined ? {} : { status_reason: reason }) };
}

/** A final council holds nobody: filled roles are released and keep the name of who had them, offers are void. */
function ended(council: CouncilDocument, to: CouncilStatus, event: CouncilEvent & { reason: string }): CouncilDocument {
  const roles = council.roles.map((slot): RoleSlot => {
    if (slot.state === 'filled') return { ...slot, state: 'released' };
    return slot.state === 'offered' ? reopened(slot, council.attempt, `council ${to}`) : slot;
  });
  return withStatus({ ...council, roles, ended_at: event.at }, to, event.reason);
}

function offered(roles: RoleSlot[], given: Assignment, expiresAt: string): RoleSlot[] {
  return change(roles, given, 'open', (slot) => ({
    ...slot,
    state: 'offered',
    holder: { agent_id: given.agent_id, instance_id: given.instance_id, agent_name: given.agent_name },
    offer_id: given.offer_id,
    offer_expires_at: expiresAt,
  }));
}

/** Back to open under the next generation, which fences whoever had it. */
function reopened(slot: RoleSlot, attempt: number, reason: string): RoleSlot {
  const passedOver = slot.holder
    ? [...slot.passed_over, { agent_id: slot.holder.agent_id, attempt, generation: slot.generation, reason }]
    : [...slot.passed_over];
  return {
    role_name: slot.role_name,
    required: slot.required,
    state: 'open',
    generation: slot.generation + 1,
    // What was of an earlier attempt goes first: a bid of this attempt is eligible anyway.
    passed_over: passedOver.sort((a, b) => a.attempt - b.attempt).slice(-MAX_PASSED_OVER),
  };
}

/** Changes the one slot that the event means; an event of another generation or state is of the past and changes nothing. */
function change(
  roles: RoleSlot[],
  event: { role_name: string; generation: number },
  state: RoleSlot['state'],
  to: (slot: RoleSlot) => RoleSlot,
): RoleSlot[] {
  return roles.map((slot) =>
    slot.role_name === event.role_name && slot.generation === event.generation && slot.state === state ? to(slot) : slot,
  );
}
