/** What a value becomes that has no label of its own. */
export const OTHER = 'other';

/**
 * Keeps a label's number of values bounded: the last `limit` distinct values stand for themselves.
 * @param limit how many values have a label of their own
 * @param onEvicted told of the value that gives way to a new one, so that its series can be folded into `other`
 * @returns the label for a value: the value itself (the least recently used one gives way), or `other` when `limit` is 0
 */
export function boundedLabel(limit = 100, onEvicted: (value: string) => void = () => {}): (value: string) => string {
  const recent = new Set<string>();
  return (value) => {
    if (limit <= 0 || value === OTHER) return OTHER;
    recent.delete(value);
    recent.add(value);
    if (recent.size > limit) {
      const [oldest] = recent;
      if (oldest !== undefined) {
        recent.delete(oldest);
        onEvicted(oldest);
      }
    }
    return value;
  };
}
