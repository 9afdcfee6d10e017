/** What an entry of a bucket did to its key. */
export type DocumentOperation = 'PUT' | 'DEL' | 'PURGE';

/** The header that says it; absent for PUT. */
export const OPERATION_HEADER = 'KV-Operation';

/** Set by the broker on the marker of an expired key (since 2.11). */
const MARKER_HEADER = 'Nats-Marker-Reason';

/** @param headers of a stored entry */
export function operationOf(headers: Readonly<Record<string, string>>): DocumentOperation {
  const operation = headers[OPERATION_HEADER];
  if (operation === 'DEL' || operation === 'PURGE') return operation;
  return headers[MARKER_HEADER] === undefined ? 'PUT' : 'PURGE';
}
