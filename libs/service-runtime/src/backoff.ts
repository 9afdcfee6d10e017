/** How waits between attempts grow. */
export interface BackoffOptions {
  /** The first wait, before jitter. */
  readonly baseMs: number;
  /** No wait is longer than this, jitter included. */
  readonly capMs: number;
  /** 0..1: a wait is shortened at random by up to this share; 0.2 unless told. */
  readonly jitter?: number;
  /** Each wait is this many times the one before; 2 unless told. */
  readonly factor?: number;
  /** 0 ≤ r < 1; `Math.random` unless told. */
  readonly random?: () => number;
}

/**
 * The waits of an endless series of attempts.
 * @param options base, cap and jitter
 * @returns whole milliseconds, without end
 */
export function* backoffDelays(options: BackoffOptions): Generator<number, never, undefined> {
  const { baseMs, capMs, jitter = 0.2, factor = 2, random = Math.random } = options;
  for (let delayMs = Math.min(baseMs, capMs); ; delayMs = Math.min(delayMs * factor, capMs)) {
    yield Math.round(delayMs * (1 - jitter * random()));
  }
}
