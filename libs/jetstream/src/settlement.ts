import { SILENT, type BrokerLogger } from './broker-logger.js';
import { messageOf } from './connection.errors.js';
import { publishDeadLetter, type DeadLetterOptions, type DeadLetterReason } from './dead-letter.js';
import { TERM, type Delivery, type FinalSettlement, type Settlement } from './delivery.js';
import { FinalError, RetryableError } from './handler.errors.js';
import { backoffMs, pause } from './wait.js';

/** How failures are settled. */
export interface SettlementOptions {
  /** Deliveries of one message, after which it is given up. */
  readonly maxDeliver: number;
  /** Milliseconds before the 2nd, 3rd, … delivery; the last one counts for all that follow. */
  readonly retryDelaysMs: readonly number[];
  /** `undefined`: what is given up is dropped, and said as an error. */
  readonly deadLetter?: DeadLetterOptions | undefined;
  readonly logger?: BrokerLogger;
}

/** Milliseconds between the deliveries of a message that failed. Not the consumer's `backoff`: that would replace its ack_wait. */
export const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [1_000, 5_000, 15_000, 30_000];

/** A message whose bytes cannot be decoded: thrown inside the strategy, so that every decoder's error counts as final. */
export class UndecodableMessageError extends Error {
  override readonly name = 'UndecodableMessageError';
  readonly code: string;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.code = codeOf(cause) ?? 'undecodable';
  }
}

/** What happened to a message that failed. */
export interface FailureSettlement {
  readonly outcome: 'retry' | 'dead-letter';
  readonly settlement: Settlement;
}

/**
 * Decides what becomes of a message whose handler threw, and sees to it. Never rejects.
 * Final errors, and the last delivery, become a dead letter and then a bare `term`. Everything else comes again after a delay.
 * When the dead letter cannot be stored the message comes again too; on its last delivery it is held instead until it is stored.
 */
export async function settleFailure(delivery: Delivery, error: unknown, options: SettlementOptions): Promise<FailureSettlement> {
  const logger = options.logger ?? SILENT;
  const { stream, subject, sequence, consumer, deliveryCount } = delivery;
  const fields = { stream, subject, sequence, consumer, delivery: deliveryCount, code: codeOf(error), err: error };
  const final = error instanceof FinalError || error instanceof UndecodableMessageError;
  const last = deliveryCount >= options.maxDeliver;
  if (!final && !last) {
    const delayMs = (error instanceof RetryableError ? error.delayMs : undefined) ?? retryDelayMs(deliveryCount, options.retryDelaysMs);
    logger.warn({ ...fields, retry_in_ms: delayMs }, 'A handler failed: the message comes again');
    return { outcome: 'retry', settlement: { kind: 'nak', delayMs } };
  }
  const { deadLetter } = options;
  if (deadLetter === undefined) {
    logger.error(fields, 'Gave up a message and dropped it: no dead letter subject is configured');
    return { outcome: 'dead-letter', settlement: TERM };
  }
  const why: DeadLetterReason = {
    code: codeOf(error) ?? (final ? 'final' : 'deliveries_exhausted'),
    reason: final ? messageOf(error) : `${deliveryCount} deliveries failed, the last one with: ${messageOf(error)}`,
  };
  try {
    await publishDeadLetter(delivery, why, deadLetter, new Date());
    logger.error({ ...fields, dead_letter: deadLetter.subject }, 'Gave up a message: it is kept as a dead letter');
    return { outcome: 'dead-letter', settlement: TERM };
  } catch (failure) {
    logger.error(
      { ...fields, dead_letter: deadLetter.subject, failure: messageOf(failure) },
      'A dead letter could not be stored: its message is kept',
    );
    if (!last) return { outcome: 'retry', settlement: { kind: 'nak', delayMs: retryDelayMs(deliveryCount, options.retryDelaysMs) } };
    return { outcome: 'dead-letter', settlement: { kind: 'hold', until: untilStored(delivery, why, deadLetter) } };
  }
}

/** The broker delivers this message no more, so it is not let go before its dead letter is stored, or the process ends. */
async function untilStored(delivery: Delivery, why: DeadLetterReason, deadLetter: DeadLetterOptions): Promise<FinalSettlement> {
  for (let failures = 1; !delivery.signal.aborted; failures += 1) {
    await pause(backoffMs(failures, { baseMs: 1_000, capMs: 15_000 }), delivery.signal);
    try {
      await publishDeadLetter(delivery, why, deadLetter, new Date());
      return TERM;
    } catch {
      // Said once already, with the message's fields.
    }
  }
  return { kind: 'nak', delayMs: 500 };
}

/**
 * The wait before the next delivery.
 * @param deliveryCount of the delivery that failed, 1 or more
 */
export function retryDelayMs(deliveryCount: number, delaysMs: readonly number[]): number {
  return delaysMs[Math.min(deliveryCount, delaysMs.length) - 1] ?? 1_000;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
