import { FINAL_COUNCIL_STATUSES } from '@whoosh/council-contracts';
import type { CouncilStatus, CouncilStatusUpdate } from '@whoosh/council-contracts';
import type { Holding } from './holding.js';

/** Why an agent no longer has a role. `fenced`: it went to somebody else, or to a later generation, while this agent had it. */
export type EndReason = 'fenced' | 'released' | 'council-over' | 'not-confirmed';

/** What follows from a change, in order. */
export type Effect =
  | { readonly do: 'start-work'; readonly holding: Holding }
  /** `hadStarted` is false for a reservation, which has no worker. */
  | { readonly do: 'end'; readonly holding: Holding; readonly why: EndReason; readonly hadStarted: boolean };

/** The holding after a change, and what to do. */
export interface Transition {
  readonly holding: Holding | undefined;
  readonly effects: readonly Effect[];
}

/** Whether a council in this state never changes again. */
export function isFinal(status: CouncilStatus): boolean {
  return FINAL_COUNCIL_STATUSES.some((final) => final === status);
}

/** Whether this process has accepted the offer of a role under a generation. */
export type Accepted = (roleName: string, generation: number) => boolean;

/**
 * What a status update means for the role that this agent has in the council.
 * The worker starts when the role is filled with this agent under a generation that this process accepted, even when the reservation
 * has lapsed meanwhile. A role filled with this agent that another process accepted, before a restart, is not worked on:
 * the coordinators give it to somebody, maybe to this agent, under the next generation.
 * @param holding what the agent has in this council; `undefined`: nothing
 * @param update the newest status of the council; the caller drops older revisions
 * @param agentId this agent
 * @param accepted what this process has accepted in this council
 */
export function applyStatus(
  holding: Holding | undefined,
  update: CouncilStatusUpdate,
  agentId: string,
  accepted: Accepted = () => false,
): Transition {
  if (isFinal(update.status)) return end(holding, 'council-over');
  if (holding === undefined) return confirmLapsed(update, agentId, accepted);
  const role = update.roles.find(({ role_name }) => role_name === holding.roleName);
  if (role === undefined) return end(holding, 'fenced');
  if (role.generation < holding.generation) return unchanged(holding);
  if (role.state === 'released') return end(holding, 'released');
  if (role.generation > holding.generation) return end(holding, 'fenced');
  const namesAnother = role.agent_id !== undefined && role.agent_id !== agentId;
  switch (role.state) {
    case 'filled':
      if (namesAnother) return end(holding, 'fenced');
      return holding.phase === 'reserved' ? start({ ...holding, phase: 'assigned' }) : unchanged(holding);
    case 'offered':
      return namesAnother ? end(holding, 'fenced') : unchanged(holding);
    case 'open':
      // The same generation was open before it was offered: an update that is older than the offer.
      return holding.phase === 'reserved' ? unchanged(holding) : end(holding, 'fenced');
  }
}

/** A holding whose worker has told how far it is; what was told before it was fenced changes nothing. */
export function applyProgress(holding: Holding, phase: 'working' | 'done'): Holding {
  return holding.phase === 'reserved' || holding.phase === 'done' ? holding : { ...holding, phase };
}

/** Ends a reservation that no status has confirmed in time. */
export function applyTime(holding: Holding, nowMs: number): Transition {
  return holding.phase === 'reserved' && nowMs >= holding.reservedUntilMs ? end(holding, 'not-confirmed') : unchanged(holding);
}

function unchanged(holding: Holding | undefined): Transition {
  return { holding, effects: [] };
}

function start(holding: Holding): Transition {
  return { holding, effects: [{ do: 'start-work', holding }] };
}

function end(holding: Holding | undefined, why: EndReason): Transition {
  if (holding === undefined) return unchanged(holding);
  return { holding: undefined, effects: [{ do: 'end', holding, why, hadStarted: holding.phase !== 'reserved' }] };
}

function confirmLapsed(update: CouncilStatusUpdate, agentId: string, accepted: Accepted): Transition {
  const mine = update.roles.find(
    (role) => role.state === 'filled' && role.agent_id === agentId && accepted(role.role_name, role.generation),
  );
  if (mine === undefined) return unchanged(undefined);
  const { role_name: roleName, generation } = mine;
  return start({ councilId: update.council_id, roleName, generation, phase: 'assigned', reservedUntilMs: 0 });
}
