import { randomBytes } from 'node:crypto';

/** A W3C trace context. @source https://www.w3.org/TR/trace-context/ */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero: the span that is the parent. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent` header.
 * @param header the header's value
 * @returns `undefined` when absent or not valid: a trace then begins anew
 */
export function parseTraceparent(header: string | undefined): TraceParent | undefined {
  const match = PATTERN.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, version, traceId = '', spanId = '', flags = '00', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** @returns the value of a `traceparent` header */
export function formatTraceparent(parent: TraceParent): string {
  return `00-${parent.traceId}-${parent.spanId}-${parent.sampled ? '01' : '00'}`;
}

/**
 * A `traceparent` that begins a trace.
 * @param sampled whether its spans are to be kept; true unless told
 */
export function newTraceparent(sampled = true): string {
  return formatTraceparent({ traceId: randomHex(16), spanId: randomHex(8), sampled });
}

/**
 * A `traceparent` in the same trace as the parent, with a span of its own.
 * @param parent the caller's header; a new trace begins when absent or not valid
 */
export function childTraceparent(parent: string | undefined): string {
  const parsed = parseTraceparent(parent);
  return parsed ? formatTraceparent({ ...parsed, spanId: randomHex(8) }) : newTraceparent();
}

function randomHex(bytes: number): string {
  const hex = randomBytes(bytes).toString('hex');
  return /^0+$/.test(hex) ? randomHex(bytes) : hex;
}
