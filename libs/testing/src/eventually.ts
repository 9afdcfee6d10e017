import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often a condition is tried. */
export interface EventuallyOptions {
  /** Names the condition in the error, as a fact: "all 34 agents have answered". */
  readonly what: string;
  /** Milliseconds until it gives up; default 10,000. */
  readonly timeoutMs?: number;
  /** Milliseconds between two tries; default 20. */
  readonly intervalMs?: number;
  /** Asked after a failed try: `true` ends the waiting, because the condition cannot come true any more. */
  readonly giveUpWhen?: () => boolean;
}

/** A condition did not come true in time; `cause` is what its last try threw. */
export class EventuallyTimeoutError extends Error {
  override readonly name = 'EventuallyTimeoutError';
  readonly code = 'eventually_timeout';

  constructor(
    readonly what: string,
    readonly waitedMs: number,
    cause: unknown,
  ) {
    const last = cause === undefined ? 'it was still false' : cause instanceof Error ? cause.message : String(cause);
    super(`Not true after ${waitedMs} ms: ${what}. Last try: ${last}`, { cause });
  }
}

/**
 * Waits until a condition holds, in place of a sleep.
 * A try fails when it throws (an `expect` inside it, for example) or returns `false`; every other result, `undefined` too, is success.
 * @param condition tried at once and then every `intervalMs`; a try that hangs is cut off by the deadline
 * @returns what the first successful try returned
 * @throws EventuallyTimeoutError with the last failure as `cause`
 */
export async function eventually<T>(condition: () => Promise<T> | T, options: EventuallyOptions): Promise<Exclude<T, false>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const startedAt = Date.now();
  const deadline = startedAt + timeoutMs;
  let lastError: unknown;
  while (true) {
    try {
      const result = await withDeadline(condition, deadline);
      if (result !== false) return result as Exclude<T, false>;
      lastError = undefined;
    } catch (error) {
      // The deadline may cut off a try that was only just begun: what an earlier one found says more.
      if (!(error instanceof CutOffError) || lastError === undefined) lastError = error;
    }
    if (Date.now() >= deadline || options.giveUpWhen?.()) throw new EventuallyTimeoutError(options.what, Date.now() - startedAt, lastError);
    await delay(options.intervalMs ?? 20);
  }
}

class CutOffError extends Error {}

async function withDeadline<T>(condition: () => Promise<T> | T, deadline: number): Promise<T> {
  const tried = condition();
  if (!(tried instanceof Promise)) return tried;
  const cutOff = new AbortController();
  const late = delay(Math.max(0, deadline - Date.now()), undefined, { signal: cutOff.signal }).then(() => {
    throw new CutOffError('the condition itself did not return');
  });
  try {
    return await Promise.race([tried, late]);
  } finally {
    cutOff.abort();
    late.catch(() => undefined);
  }
}
