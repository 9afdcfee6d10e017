import { anAnswer, at, T0 } from '../testing/fixtures.js';
import { lastPerAttempt, ledgerOf } from './ledger.js';
import type { RosterDocument } from './roster.document.js';

const expected = ['a', 'b', 'c'].map((id) => ({ agent_id: id, instance_id: `${id}-i1`, agent_name: id.toUpperCase() }));
const roster: RosterDocument = { schema_version: '1.0', council_id: 'c1', attempt: 1, published_at: at(T0), expected };
const evidence = { answers: [anAnswer('a', { tpm: 1 })], acknowledged: new Set<string>(), over: false };

describe('the delivery ledger', () => {
  it('tells answered, delivered, pending and missing agents apart', () => {
    const open = ledgerOf(roster, { ...evidence, acknowledged: new Set(['b']) });
    expect(open.deliveries.map(({ agent_id, state }) => [agent_id, state])).toEqual([
      ['a', 'answered'],
      ['b', 'delivered'],
      ['c', 'pending'],
    ]);
    expect(ledgerOf(roster, { ...evidence, over: true }).deliveries.map(({ state }) => state)).toEqual(['answered', 'missing', 'missing']);
  });

  it('counts answered and delivered agents into the delivery rate', () => {
    expect(ledgerOf(roster, { ...evidence, acknowledged: new Set(['b']), over: true }).delivery_rate).toBeCloseTo(2 / 3);
  });

  it('measures from publish to stored answer', () => {
    expect(ledgerOf(roster, evidence)).toMatchObject({ p50_ms: 10, p95_ms: 10 });
  });

  it('shows an answer of an agent that was not there at the announcement, without counting it', () => {
    const ledger = ledgerOf(roster, { ...evidence, answers: [anAnswer('late', { tpm: 1 })], over: true });
    expect(ledger).toMatchObject({ expected: 3, answered: 0 });
    expect(ledger.deliveries.at(-1)).toMatchObject({ agent_id: 'late', expected: false, state: 'answered' });
  });

  it('keeps the answers of an attempt that later answers have overwritten in the stream', () => {
    const closed: RosterDocument = { ...roster, closed_at: at(T0 + 20), answers: [{ ...anAnswer('a', {}), response: 'decline' }] };
    expect(ledgerOf(closed, { ...evidence, answers: [anAnswer('a', { tpm: 1 }, { attempt: 2 })] }).answered).toBe(1);
  });

  it('shows the last record of each attempt', () => {
    const closed = { ...roster, closed_at: at(T0) };
    expect(lastPerAttempt([roster, closed, { ...roster, attempt: 2 }])).toEqual([closed, { ...roster, attempt: 2 }]);
  });
});
