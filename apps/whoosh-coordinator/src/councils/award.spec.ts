import fc from 'fast-check';
import { aFormingCouncil, anAnswer, apply, at, T0 } from '../testing/fixtures.js';
import type { CouncilFact } from './council.events.js';
import { type AgentAnswer, award, type AwardCandidate, fnv1a32 } from './award.js';

const free = (answers: AgentAnswer[], overrides: Record<string, Partial<AwardCandidate>> = {}) =>
  new Map(
    answers.map((answer) => [
      answer.agent_id,
      { instance_id: answer.instance_id, free_slots: 3, councils_held: 0, ...overrides[answer.agent_id] },
    ]),
  );

const given = (result: ReturnType<typeof award>) =>
  Object.fromEntries(result.awards.map(({ slot, bid }) => [slot.role_name, bid.agent_id]));

describe('the award', () => {
  it('gives a contested role to the better bid', () => {
    const answers = [anAnswer('a', { tpm: 0.4 }), anAnswer('b', { tpm: 0.9 })];
    expect(given(award(aFormingCouncil(['tpm']), answers, free(answers), T0))).toEqual({ tpm: 'b' });
  });

  it('prefers matched skills over confidence', () => {
    const council = aFormingCouncil(['developer']);
    const skilled = { ...council, core_roles: council.core_roles.map((role) => ({ ...role, required_skills: ['rust'] })) };
    const answers = [anAnswer('a', { developer: 0.9 }), anAnswer('b', { developer: 0.1 }, { capabilities: ['rust'] })];
    expect(given(award(skilled, answers, free(answers), T0))).toEqual({ developer: 'b' });
  });

  it('gives an agent at most one role of a council', () => {
    const answers = [anAnswer('a', { tpm: 0.9, developer: 0.9 })];
    expect(award(aFormingCouncil(['tpm', 'developer']), answers, free(answers), T0).awards).toHaveLength(1);
  });

  it('fills both roles when the best bidder of one is the only bidder of the other', () => {
    const answers = [anAnswer('a', { tpm: 0.9, developer: 0.9 }), anAnswer('b', { tpm: 0.1 })];
    expect(given(award(aFormingCouncil(['tpm', 'developer']), answers, free(answers), T0))).toEqual({ tpm: 'b', developer: 'a' });
  });

  it('gives core roles their bidder before optional ones', () => {
    const answers = [anAnswer('a', { docs: 1, tpm: 0.1 })];
    expect(given(award(aFormingCouncil(['tpm'], ['docs']), answers, free(answers), T0))).toEqual({ tpm: 'a' });
  });

  it('drops bids that are expired, of absent or full agents, or of an older process', () => {
    const answers = [
      anAnswer('expired', { tpm: 1 }, { expires_at: at(T0) }),
      anAnswer('absent', { tpm: 1 }),
      anAnswer('full', { tpm: 1 }),
      anAnswer('restarted', { tpm: 1 }),
      anAnswer('last', { tpm: 0.1 }),
    ];
    const roster = free(answers, { full: { free_slots: 0 }, restarted: { instance_id: 'another' } });
    roster.delete('absent');
    expect(given(award(aFormingCouncil(['tpm']), answers, roster, T0))).toEqual({ tpm: 'last' });
  });

  it('keeps the five best bids and the number of all in the bid book', () => {
    const answers = Array.from({ length: 9 }, (_, index) => anAnswer(`a${index}`, { tpm: index / 10 }));
    const [book] = award(aFormingCouncil(['tpm']), answers, free(answers), T0).bidBook;
    expect(book?.bidders).toBe(9);
    expect(book?.ranked.map((bid) => bid.agent_id)).toEqual(['a8', 'a7', 'a6', 'a5', 'a4']);
  });

  it('asks the next bidder of the stored book when the first one failed', () => {
    const answers = [anAnswer('a', { tpm: 0.9 }), anAnswer('b', { tpm: 0.5 })];
    const council = aFormingCouncil(['tpm']);
    const { bidBook } = award(council, answers, free(answers), T0);
    const slot = council.roles[0];
    if (slot === undefined) throw new Error('no slot');
    const passed = { agent_id: 'a', attempt: 1, generation: 1, reason: 'refused' };
    const reopened = { ...council, bid_book: bidBook, roles: [{ ...slot, generation: 2, passed_over: [passed] }] };
    expect(given(award(reopened, [], free(answers), T0))).toEqual({ tpm: 'b' });
  });

  it('does not hold an agent to a stored bid that its newer answer withdrew', () => {
    const bids = [anAnswer('a', { tpm: 0.9 })];
    const council = aFormingCouncil(['tpm']);
    const { bidBook } = award(council, bids, free(bids), T0);
    const second = apply({ ...council, bid_book: bidBook }, [
      { type: 'announcement_decided', attempt: 2, reason: 'reminder', open_roles: ['tpm'] },
    ]);
    expect(award(second, [anAnswer('a', {}, { attempt: 2 })], free(bids), T0).awards).toEqual([]);
  });

  it('keeps a standby for a role that later answers were not asked about', () => {
    const bids = [anAnswer('a', { tpm: 0.9, developer: 0.5 })];
    const council = aFormingCouncil(['tpm', 'developer']);
    const { bidBook } = award({ ...council, roles: council.roles.slice(1) }, bids, free(bids), T0);
    const reopened: CouncilFact = { type: 'announcement_decided', attempt: 2, reason: 'reopen', open_roles: ['tpm'] };
    const second = apply({ ...council, bid_book: bidBook, roles: council.roles.slice(1) }, [reopened]);
    expect(given(award(second, [anAnswer('a', {}, { attempt: 2 })], free(bids), T0))).toEqual({ developer: 'a' });
  });

  it('does not count an answer to an attempt that it does not know', () => {
    const answers = [anAnswer('ahead', { tpm: 1 }, { attempt: 999 })];
    expect(award(aFormingCouncil(['tpm']), answers, free(answers), T0).awards).toEqual([]);
  });

  it('asks at most sixteen agents for a role in one attempt', () => {
    const answers = Array.from({ length: 40 }, (_, index) => anAnswer(`a${index}`, { tpm: 1 }));
    let council = aFormingCouncil(['tpm']);
    let asked = 0;
    for (;;) {
      const [won] = award(council, answers, free(answers), T0).awards;
      if (won === undefined) break;
      asked += 1;
      const { role_name, generation } = won.slot;
      const offer = { ...won.bid, role_name, generation, offer_id: `${generation}` };
      const awarded: CouncilFact = {
        type: 'roles_awarded',
        assignments: [offer],
        offer_expires_at: at(T0),
        bid_book: [],
        reach: council.reach,
      };
      council = apply(council, [
        awarded,
        { type: 'offer_failed', role_name, generation, reason: 'busy' },
        { type: 'council_reforming', reason: 'busy' },
      ]);
    }
    expect(asked).toBe(16);
  });

  it('fills every core role whenever a matching exists, and says the same on each replica', () => {
    const cases = fc.record({
      roles: fc.integer({ min: 1, max: 6 }),
      agents: fc.array(fc.array(fc.record({ role: fc.nat(5), confidence: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 6 }), {
        maxLength: 8,
      }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ roles, agents, seed }) => {
        const names = Array.from({ length: roles }, (_, index) => `r${index}`);
        const answers = agents.map((bids, index) =>
          anAnswer(`a${index}`, Object.fromEntries(bids.filter((bid) => bid.role < roles).map((bid) => [`r${bid.role}`, bid.confidence]))),
        );
        const council = aFormingCouncil(names);
        const result = award(council, answers, free(answers), T0);
        const shuffled = answers.map((answer, index) => ({ answer, key: fnv1a32(`${seed}${index}`) })).sort((a, b) => a.key - b.key);
        const again = award(
          council,
          shuffled.map(({ answer }) => answer),
          free(answers),
          T0,
        );
        expect(given(again)).toEqual(given(result));
        expect(new Set(result.awards.map((one) => one.bid.agent_id)).size).toBe(result.awards.length);
        expect(result.awards.length).toBe(largestMatching(names, answers));
      }),
      { numRuns: 300 },
    );
  });
});

/** By trying everything: the number of roles that can be filled at once. */
function largestMatching(roles: string[], answers: AgentAnswer[], taken: ReadonlySet<string> = new Set()): number {
  const [role, ...rest] = roles;
  if (role === undefined) return 0;
  const bidders = answers.filter((answer) => !taken.has(answer.agent_id) && answer.bids.some((bid) => bid.role_name === role));
  return Math.max(
    largestMatching(rest, answers, taken),
    ...bidders.map((bidder) => 1 + largestMatching(rest, answers, new Set([...taken, bidder.agent_id]))),
  );
}
