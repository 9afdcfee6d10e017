/** How long the waits between tries grow. */
export interface BackoffSettings {
  /** Milliseconds before the second try. */
  readonly baseMs: number;
  /** No wait is longer, in milliseconds. */
  readonly capMs: number;
}

/**
 * The wait before the next try: doubles from `baseMs` to `capMs`, of which a random half is taken off, so that a fleet does not retry in step.
 * @param failures how many tries have failed so far, 1 or more
 * @param random 0..1; default `Math.random`
 * @returns milliseconds, between half of the step and the step
 */
export function backoffMs(failures: number, { baseMs, capMs }: BackoffSettings, random: () => number = Math.random): number {
  const step = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(step * (0.5 + random() / 2));
}

/**
 * Waits, or returns early when the signal aborts. It never rejects: the caller asks the signal.
 * @param ms how long
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Waits for a promise, but no longer than `ms`. The promise itself goes on.
 * @returns what the promise gave, or `undefined` when it was too late
 */
export async function atMost<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
