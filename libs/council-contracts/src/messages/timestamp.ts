const RFC3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Tells whether a value is a moment in RFC 3339, as `Date#toISOString` and Go's `time.RFC3339Nano` write it.
 * @param value anything
 */
export function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 40 && RFC3339.test(value) && !Number.isNaN(Date.parse(value));
}
