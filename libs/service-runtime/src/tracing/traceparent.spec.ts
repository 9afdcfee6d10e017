import { childTraceparent, formatTraceparent, newTraceparent, parseTraceparent } from './traceparent.js';

const HEADER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceparent', () => {
  it('is read and written by the W3C form', () => {
    expect(parseTraceparent(HEADER)).toEqual({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true });
    expect(formatTraceparent({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true })).toBe(HEADER);
  });

  it('takes a later version with further parts', () => {
    expect(parseTraceparent(`01-${HEADER.slice(3)}-what-comes-later`)?.sampled).toBe(true);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    HEADER.toUpperCase(),
    `${HEADER}-more`,
    `ff-${HEADER.slice(3)}`,
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  ])('takes %j for none', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('keeps the trace and changes the span for a child', () => {
    const child = parseTraceparent(childTraceparent(HEADER));
    expect(child).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', sampled: true });
    expect(child?.spanId).not.toBe('b7ad6b7169203331');
  });

  it('begins a new trace when there is no valid parent', () => {
    expect(parseTraceparent(childTraceparent('nonsense'))).toBeDefined();
    expect(newTraceparent()).not.toBe(newTraceparent());
    expect(parseTraceparent(newTraceparent(false))?.sampled).toBe(false);
  });
});
