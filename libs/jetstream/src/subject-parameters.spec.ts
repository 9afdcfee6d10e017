import { SubjectParameters } from './subject-parameters.js';

describe("a pattern's wildcards", () => {
  it.each([
    ['a.*.c.*', ['x', 'y'], 'a.1.c.2', { x: '1', y: '2' }],
    ['a.*.c.*', [], 'a.1.c.2', { 0: '1', 1: '2' }],
    ['a.*.>', ['x', 'rest'], 'a.1.b.c.d', { x: '1', rest: 'b.c.d' }],
    ['a.b', [], 'a.b', {}],
  ])('of %s stand for the tokens of a subject', (pattern, names, subject, expected) => {
    expect(new SubjectParameters(pattern, names).read(subject)).toEqual(expected);
  });
});
