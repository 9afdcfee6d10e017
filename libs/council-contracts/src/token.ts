import { InvalidTokenError } from './errors.js';

/**
 * What an id may look like. Ids become tokens of subjects, keys of buckets, names of consumers and entries of permissions,
 * so dots, wildcards and white space would let one sender speak on another's subject.
 * @source protocol.md, "Subjects"; nats-facts.md: a user named `*` became a wildcard in its own permissions
 */
export const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Tells whether a value can be a token of a subject.
 * @param value anything, trusted or not
 * @returns true for text of 1 to 64 letters, digits, `_` and `-`
 */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/**
 * Gives the value back when it is a token.
 * @param value anything, trusted or not
 * @param what the name of the value in the error, for example `councilId`
 * @returns the same value, known to be a token
 * @throws InvalidTokenError when it is not one
 */
export function assertToken(value: unknown, what: string): string {
  if (!isToken(value)) throw new InvalidTokenError(what, value);
  return value;
}
