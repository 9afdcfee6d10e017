import type { Delivery } from './delivery.js';
import { headerBytes } from './headers.js';
import type { JetStreamPublisher } from './publisher.js';

/** Where messages go that were given up. */
export interface DeadLetterOptions {
  /** Subject to publish to; a stream must listen to it. */
  readonly subject: string;
  /** Who gave up: the last part of the default message id. */
  readonly source: string;
  readonly publisher: JetStreamPublisher;
  /** The dead letter's message id, the same for each try; default `dead-letter:<stream>:<sequence>:<source>`. */
  readonly messageId?: (stream: string, sequence: number, source: string) => string;
}

/** Why a message was given up. */
export interface DeadLetterReason {
  /** Stable, for searching. */
  readonly code: string;
  /** For people. */
  readonly reason: string;
}

/** Names of the headers that a dead letter has on top of the original ones. */
export const DEAD_LETTER_HEADER = {
  reason: 'Dead-Letter-Reason',
  code: 'Dead-Letter-Code',
  stream: 'Dead-Letter-Stream',
  sequence: 'Dead-Letter-Sequence',
  subject: 'Dead-Letter-Subject',
  deliveries: 'Dead-Letter-Deliveries',
  at: 'Dead-Letter-At',
  source: 'Dead-Letter-Source',
  /** Present when the original did not fit with its reason: its size in bytes. */
  truncatedFrom: 'Dead-Letter-Truncated-From',
} as const;

/**
 * The broker's own headers would steer the dead letter's storage, so `Nats-Msg-Id` is kept as `Dead-Letter-Original-Msg-Id`, and so on.
 * No name may end in one of the broker's: 2.9.10 and 2.10.27 look for `Nats-Msg-Id` anywhere in the headers, find it inside a longer
 * name, take the message for one without an id, and store it as often as it is sent (measured).
 */
export const ORIGINAL_HEADER_PREFIX = 'Dead-Letter-Original-';

const MAX_REASON_CHARS = 1_000;
/** Room for the message id and for what the client adds. */
const SPARE_BYTES = 256;

/**
 * Stores a message that was given up, with its original bytes and headers and the reason. Safe to repeat: the id is the message's.
 * @throws PublishUnknownError, PublishRefusedError when it is not certain that it is stored
 */
export async function publishDeadLetter(delivery: Delivery, why: DeadLetterReason, options: DeadLetterOptions, now: Date): Promise<void> {
  const { stream, sequence } = delivery;
  const messageId = options.messageId?.(stream, sequence, options.source) ?? `dead-letter:${stream}:${sequence}:${options.source}`;
  const { headers, payload } = deadLetter(delivery, why, options.source, now, options.publisher.maxPayloadBytes);
  await options.publisher.publish(options.subject, payload, { messageId, headers });
}

/** The part of a delivery that a dead letter is made of. */
type Given = Pick<Delivery, 'stream' | 'sequence' | 'subject' | 'deliveryCount' | 'allHeaders' | 'payload'>;

/**
 * Headers and bytes of a dead letter. What exceeds the broker's limit is left out: first the original headers, then the end of the payload.
 * @param maxBytes the broker's payload limit, headers included
 */
export function deadLetter(
  given: Given,
  why: DeadLetterReason,
  source: string,
  now: Date,
  maxBytes: number,
): { headers: Record<string, string | readonly string[]>; payload: Uint8Array } {
  const { stream, sequence, subject, deliveryCount, allHeaders, payload } = given;
  const own: Record<string, string> = {
    [DEAD_LETTER_HEADER.reason]: headerText(why.reason),
    [DEAD_LETTER_HEADER.code]: headerText(why.code),
    [DEAD_LETTER_HEADER.stream]: stream,
    [DEAD_LETTER_HEADER.sequence]: String(sequence),
    [DEAD_LETTER_HEADER.subject]: subject,
    [DEAD_LETTER_HEADER.deliveries]: String(deliveryCount),
    [DEAD_LETTER_HEADER.at]: now.toISOString(),
    [DEAD_LETTER_HEADER.source]: headerText(source),
  };
  const all = { ...originals(allHeaders), ...own };
  const room = (headers: Record<string, string | readonly string[]>): number => maxBytes - headerBytes(headers) - SPARE_BYTES;
  if (payload.length <= room(all)) return { headers: all, payload };
  const truncated = { ...own, [DEAD_LETTER_HEADER.truncatedFrom]: String(payload.length) };
  if (payload.length <= room(own)) return { headers: own, payload };
  return { headers: truncated, payload: payload.subarray(0, Math.max(0, room(truncated))) };
}

function originals(headers: Record<string, readonly string[]>): Record<string, readonly string[]> {
  const kept = Object.entries(headers).map(
    ([name, values]) => [/nats-/i.test(name) ? `${ORIGINAL_HEADER_PREFIX}${name.replace(/nats-/gi, '')}` : name, values] as const,
  );
  return Object.fromEntries(kept);
}

/** Text as a header can carry it: one line, printable, and not endless. */
function headerText(text: string): string {
  // eslint-disable-next-line no-control-regex -- line breaks would end the header, other control characters would hide in it
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.length <= MAX_REASON_CHARS ? line : `${line.slice(0, MAX_REASON_CHARS - 1)}…`;
}
