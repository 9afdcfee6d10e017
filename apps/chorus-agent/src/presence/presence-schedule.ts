/** How many presence beats a second the whole fleet may send together. @source protocol.md: N / 50 s */
const FLEET_BEATS_PER_SECOND = 50;

/** Beats come this much earlier or later than their interval, so that a fleet started at once does not beat at once. */
const JITTER = 0.1;

/**
 * How far apart an agent's beats are.
 * @param configuredMs the least, as configured
 * @param fleetSize how many agents there are, as last told by a council's status; 0 when not known yet
 * @returns whole milliseconds
 */
export function presenceIntervalMs(configuredMs: number, fleetSize: number): number {
  return Math.max(configuredMs, Math.ceil((fleetSize / FLEET_BEATS_PER_SECOND) * 1_000));
}

/**
 * How long to wait before the next beat.
 * @param intervalMs how far apart beats are
 * @param beatsSent how many regular beats went out; before the second one (the first is sent at once) comes a random phase
 * @param random 0 ≤ r < 1
 * @returns whole milliseconds
 */
export function nextBeatInMs(intervalMs: number, beatsSent: number, random: () => number): number {
  if (beatsSent <= 1) return Math.round(intervalMs * random());
  return Math.round(intervalMs * (1 - JITTER + 2 * JITTER * random()));
}
