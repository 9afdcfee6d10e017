import { LIMITS } from './limits.js';

/**
 * Tells whether a value can be the free-form part of a message.
 * @param value anything
 * @returns true for an object (no list) that nests at most `LIMITS.metadataDepth` deep, so that no recursion over it overflows
 */
export function isFreeForm(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && nestsAtMost(value, LIMITS.metadataDepth);
}

function nestsAtMost(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((inner) => nestsAtMost(inner, depth - 1));
}

/**
 * Copies a free-form value. `__proto__` keys are left out at every depth: merged into another object later, they would change its prototype.
 * @param value what `isFreeForm` accepted, or a value inside it
 */
export function copyFreeForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyFreeForm);
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key !== '__proto__') copy[key] = copyFreeForm(inner);
  }
  return copy;
}
