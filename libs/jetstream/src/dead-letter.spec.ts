import { DEAD_LETTER_HEADER, deadLetter } from './dead-letter.js';
import { headerBytes } from './headers.js';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const given = {
  stream: 'S',
  sequence: 7,
  subject: 's.x',
  deliveryCount: 2,
  allHeaders: { Project: ['whoosh'], 'Nats-Msg-Id': ['id'], 'Nats-Expected-Stream': ['S'], Many: ['1', '2'] },
  payload: new Uint8Array(100).fill(1),
};

describe('a dead letter', () => {
  it("carries the original bytes and headers and the reason; the broker's own headers are set aside", () => {
    const { headers, payload } = deadLetter(given, { code: 'final', reason: 'no' }, 'agent-1', NOW, 1_000_000);
    expect(payload).toBe(given.payload);
    expect(headers).toEqual({
      Project: ['whoosh'],
      Many: ['1', '2'],
      'Dead-Letter-Original-Msg-Id': ['id'],
      'Dead-Letter-Original-Expected-Stream': ['S'],
      [DEAD_LETTER_HEADER.reason]: 'no',
      [DEAD_LETTER_HEADER.code]: 'final',
      [DEAD_LETTER_HEADER.stream]: 'S',
      [DEAD_LETTER_HEADER.sequence]: '7',
      [DEAD_LETTER_HEADER.subject]: 's.x',
      [DEAD_LETTER_HEADER.deliveries]: '2',
      [DEAD_LETTER_HEADER.at]: '2026-01-02T03:04:05.678Z',
      [DEAD_LETTER_HEADER.source]: 'agent-1',
    });
  });

  it('makes one short line of a reason with line breaks', () => {
    const { headers } = deadLetter(given, { code: 'final', reason: `first\r\nsecond\u0000${'x'.repeat(2_000)}` }, 'a', NOW, 1_000_000);
    const reason = headers[DEAD_LETTER_HEADER.reason] as string;
    expect(reason).toMatch(/^first second x+…$/);
    expect(reason).toHaveLength(1_000);
  });

  it.each([400, 800, 1_000, 2_000])('fits into %i bytes: original headers are left out first, then the end of the payload', (maxBytes) => {
    const big = { ...given, allHeaders: { Project: ['p'.repeat(600)] }, payload: new Uint8Array(350) };
    const { headers, payload } = deadLetter(big, { code: 'c', reason: 'r' }, 'a', NOW, maxBytes);
    if (maxBytes >= 600) expect(headerBytes(headers) + payload.length).toBeLessThanOrEqual(maxBytes);
    if (payload.length < 350) expect(headers[DEAD_LETTER_HEADER.truncatedFrom]).toBe('350');
    if (maxBytes < 1_500) expect(headers['Project']).toBeUndefined();
  });
});
