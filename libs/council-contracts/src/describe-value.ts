/**
 * Says what was found instead of the expected, without repeating the content: it may be long, and it may be private.
 * @param value anything
 * @returns for example `absent`, `text of 3 characters`, `a list of 2`
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  switch (typeof value) {
    case 'string':
      return value === '' ? 'empty text' : `text of ${value.length} ${value.length === 1 ? 'character' : 'characters'}`;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return 'an object';
  }
}
