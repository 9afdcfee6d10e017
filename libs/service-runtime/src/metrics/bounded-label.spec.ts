import { boundedLabel, OTHER } from './bounded-label.js';

describe('boundedLabel', () => {
  it('keeps the last values and tells of the one that gives way', () => {
    const evicted: string[] = [];
    const label = boundedLabel(2, (value) => evicted.push(value));
    expect(['a', 'b', 'a', 'c'].map(label)).toEqual(['a', 'b', 'a', 'c']);
    expect(evicted).toEqual(['b']);
  });

  it('gives every value the label other when none may have its own', () => {
    expect(boundedLabel(0)('a')).toBe(OTHER);
  });
});
