/** One process under an agent id, as its presence tells. */
export interface Instance {
  readonly instanceId: string;
  readonly startedAt: Date;
}

/** How many intervals without a beat make an instance count as gone. @source protocol.md, presence */
const MISSED_BEATS = 3;

/**
 * Which of two processes with the same agent id may serve: the one started last, so that a rolling update that starts the new task
 * before it stops the old one works. Both compute the same answer.
 * @returns whether `other` is the one
 */
export function isNewer(other: Instance, mine: Instance): boolean {
  const difference = other.startedAt.getTime() - mine.startedAt.getTime();
  return difference === 0 ? other.instanceId > mine.instanceId : difference > 0;
}

/**
 * The start time that a process announces when it takes an agent id over: its own, but later than its predecessor's,
 * so that a host whose clock is slow is not fenced by the process it replaces.
 * @param startedAt when this process started, by its own clock
 * @param predecessor what is known under the agent id; `undefined` when nothing is
 */
export function takeOverAt(startedAt: Date, predecessor: Instance | undefined): Date {
  const afterMs = predecessor === undefined ? 0 : predecessor.startedAt.getTime() + 1;
  return new Date(Math.max(startedAt.getTime(), afterMs));
}

/**
 * Whether an instance still beats.
 * @param presence its last beat, as read from the bucket
 * @param now the time
 */
export function isAlive(presence: { ts: string; interval_ms: number; state: string }, now: Date): boolean {
  return presence.state !== 'leaving' && now.getTime() - Date.parse(presence.ts) < MISSED_BEATS * presence.interval_ms;
}
