import type { AgentPresence } from '@whoosh/council-contracts';

/** The latest beat of an agent and when it reached this replica (epoch ms; for beats from before the start, when the broker stored it). */
export interface Beat {
  readonly presence: AgentPresence;
  readonly seenAtMs: number;
}

export type Liveness = 'online' | 'suspect' | 'offline' | 'leaving';

/** An agent as this replica sees it. */
export interface RosterEntry {
  readonly presence: AgentPresence;
  readonly liveness: Liveness;
  /** When the last beat came. */
  readonly beatAtMs: number;
  /** The beat, or from when on silence counts if that is later. */
  readonly lastSeenMs: number;
}

/**
 * Who is there. `stale`: nobody at all beats, so the channel is taken to be sick and liveness is frozen.
 * `departed`: agents that said goodbye, by agent id, with the instance that did.
 */
export interface Roster {
  readonly entries: ReadonlyMap<string, RosterEntry>;
  readonly stale: boolean;
  readonly departed: ReadonlyMap<string, string>;
  /** From when on silence counts: the start of this replica, its last reconnect, or the end of a stale time. */
  readonly graceFromMs: number;
}

/** Beats that may be missed before an agent is suspect, and before it is offline. @source protocol.md, Presence */
export const SUSPECT_AFTER_INTERVALS = 1.5;
export const OFFLINE_AFTER_INTERVALS = 3;
const STALE_AFTER_INTERVALS = 2;

/**
 * Judges every agent by its last beat. Pure.
 * Fails open: when nobody beats for two intervals, time stands still for the judgement.
 * @param beats the last beat of each agent, by agent id
 * @param graceFromMs no agent is judged by silence from before this time
 */
export function assess(
  beats: ReadonlyMap<string, Beat>,
  graceFromMs: number,
  nowMs: number,
  departed: ReadonlyMap<string, string> = new Map(),
): Roster {
  let lastBeatMs = graceFromMs;
  let longestIntervalMs = 0;
  for (const { presence, seenAtMs } of beats.values()) {
    lastBeatMs = Math.max(lastBeatMs, seenAtMs);
    longestIntervalMs = Math.max(longestIntervalMs, presence.interval_ms);
  }
  const frozenAtMs = lastBeatMs + STALE_AFTER_INTERVALS * longestIntervalMs;
  const stale = beats.size > 0 && nowMs > frozenAtMs;
  const judgedAtMs = stale ? frozenAtMs : nowMs;
  const entries = new Map<string, RosterEntry>();
  for (const [agentId, { presence, seenAtMs }] of beats) {
    const lastSeenMs = Math.max(seenAtMs, graceFromMs);
    entries.set(agentId, { presence, beatAtMs: seenAtMs, lastSeenMs, liveness: livenessOf(presence, judgedAtMs - lastSeenMs) });
  }
  return { entries, stale, departed, graceFromMs };
}

function livenessOf(presence: AgentPresence, silentMs: number): Liveness {
  if (presence.state === 'leaving') return 'leaving';
  if (silentMs > OFFLINE_AFTER_INTERVALS * presence.interval_ms) return 'offline';
  return silentMs > SUSPECT_AFTER_INTERVALS * presence.interval_ms ? 'suspect' : 'online';
}

/** Whether the agent is expected to hear and answer. A suspect is: silence of one beat is no proof. */
export function isReachable(entry: RosterEntry | undefined): entry is RosterEntry {
  return entry?.liveness === 'online' || entry?.liveness === 'suspect';
}

/**
 * Why the holder of a role is lost, in words for the history; absent when it is not, or when that cannot be told.
 * @param heldSinceMs when the role was filled: a holder that was never seen gets three intervals from then
 */
export function lossOf(
  roster: Roster,
  held: { agent_id: string; instance_id: string; council_id: string; role_name: string; generation: number },
  heldSinceMs: number,
  nowMs: number,
): string | undefined {
  if (roster.stale) return undefined;
  const entry = roster.entries.get(held.agent_id);
  if (entry === undefined) {
    if (roster.departed.get(held.agent_id) === held.instance_id) return 'agent left';
    const silentMs = nowMs - Math.max(roster.graceFromMs, heldSinceMs);
    return silentMs > OFFLINE_AFTER_INTERVALS * DEFAULT_INTERVAL_MS ? 'agent left' : undefined;
  }
  if (entry.presence.instance_id !== held.instance_id) return 'agent restarted';
  if (entry.liveness === 'leaving') return 'agent is leaving';
  if (entry.liveness === 'offline') return `agent offline: no sign of life for ${OFFLINE_AFTER_INTERVALS} presence intervals`;
  const beatsSince = entry.beatAtMs - heldSinceMs;
  const knows = entry.presence.holding.some(
    (role) => role.council_id === held.council_id && role.role_name === held.role_name && role.generation === held.generation,
  );
  return !knows && beatsSince > OFFLINE_AFTER_INTERVALS * entry.presence.interval_ms ? 'agent does not hold it any more' : undefined;
}

/** The protocol's shortest presence interval, used where no beat says otherwise. @source protocol.md, Presence */
export const DEFAULT_INTERVAL_MS = 10_000;
