import { JetStreamApiError } from '@nats-io/jetstream';
import { RequestError, errors } from '@nats-io/transport-node';
import { backoffMs, pause } from './wait.js';

/** Codes of JetStream's API that come with status 503 but stay until somebody frees or adds resources. */
const FULL = new Set([10023, 10028, 10047, 10077]);
/** Codes that come with another status, but pass: no suitable peers (just after a start), stream offline, consumer offline. */
const PASSING = new Set([10005, 10118, 10119]);

/**
 * Whether a failed request to the broker may succeed when it is repeated: unanswered, nobody there to answer (an election,
 * a restart), or "temporarily unavailable".
 */
export function isTransient(error: unknown): boolean {
  if (isTimeout(error) || isNoResponders(error)) return true;
  if (error instanceof errors.RequestError) return true;
  return error instanceof JetStreamApiError && (PASSING.has(error.code) || (error.status === 503 && !FULL.has(error.code)));
}

/** Whether a request was sent and not answered: its outcome is unknown. */
export function isTimeout(error: unknown): boolean {
  return error instanceof errors.TimeoutError || (error as { cause?: unknown } | undefined)?.cause instanceof errors.TimeoutError;
}

/** Whether nobody listened to the request: nothing happened. The client also words it as "jetstream is not enabled". */
export function isNoResponders(error: unknown): boolean {
  if (error instanceof RequestError) return error.isNoResponders();
  if ((error as { name?: unknown } | undefined)?.name !== 'JetStreamNotEnabled') return false;
  const { cause } = error as { cause?: unknown };
  return cause instanceof RequestError && cause.isNoResponders();
}

/**
 * Repeats a request that is safe to repeat (a read, or an idempotent creation) while its failure is transient.
 * @param deadlineMs how long in all; default 5,000
 * @throws the last failure
 */
export async function retryTransient<T>(
  request: () => Promise<T>,
  options: { deadlineMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  const until = Date.now() + (options.deadlineMs ?? 5_000);
  for (let failures = 1; ; failures += 1) {
    try {
      return await request();
    } catch (error) {
      const waitMs = backoffMs(failures, { baseMs: 50, capMs: 1_000 });
      if (!isTransient(error) || options.signal?.aborted || Date.now() + waitMs > until) throw error;
      await pause(waitMs, options.signal);
    }
  }
}
