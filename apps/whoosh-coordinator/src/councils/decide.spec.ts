import { aBeat, aContext, aCouncil, aFormingCouncil, anAnswer, apply, at, moveOn, T0 } from '../testing/fixtures.js';
import type { CouncilDocument } from './council.js';
import { recordOffers } from './commands.js';
import { claimWindowMs, decide } from './decide.js';

const two = [aBeat('a'), aBeat('b')];
const bids = [anAnswer('a', { tpm: 0.9 }), anAnswer('b', { developer: 0.8, tpm: 0.3 })];

const holders = (council: CouncilDocument) => Object.fromEntries(council.roles.map((slot) => [slot.role_name, slot.holder?.agent_id]));

function offered(): CouncilDocument {
  return moveOn(aFormingCouncil(['tpm', 'developer']), aContext(two, bids));
}

function answeredAll(council: CouncilDocument, accepted: (role: string) => boolean): CouncilDocument {
  const outcomes = council.roles.flatMap((slot) =>
    slot.state === 'offered'
      ? [{ role_name: slot.role_name, generation: slot.generation, offer_id: slot.offer_id ?? '', accepted: accepted(slot.role_name) }]
      : [],
  );
  return apply(council, recordOffers(council, outcomes), T0 + 150);
}

function active(): CouncilDocument {
  return moveOn(
    answeredAll(offered(), () => true),
    aContext(two, bids),
  );
}

describe('a forming council', () => {
  it('waits while an online agent has not answered and the window is open', () => {
    expect(decide(aFormingCouncil(['tpm', 'developer']), aContext(two, bids.slice(0, 1)))).toEqual([]);
  });

  it('offers its roles at once when every online agent has answered', () => {
    const council = offered();
    expect(council.status).toBe('offering');
    expect(holders(council)).toEqual({ tpm: 'a', developer: 'b' });
    expect(council.reach).toEqual({ expected: 2, answered: 2, p95_ms: 10 });
  });

  it('is awarded by the replica that announced it, and by another one a second later', () => {
    const forming = aFormingCouncil(['tpm', 'developer']);
    expect(decide(forming, aContext(two, bids, { replicaId: 'w2' }))).toEqual([]);
    expect(decide(forming, aContext(two, bids, { replicaId: 'w2', nowMs: T0 + 1_010 }))).toHaveLength(1);
  });

  it('does not wait for an agent that has gone offline', () => {
    const silent = aBeat('b', {}, T0 - 31_000);
    const council = moveOn(aFormingCouncil(['tpm']), aContext([aBeat('a', {}, T0 + 50), silent], bids.slice(0, 1)));
    expect(council.status).toBe('offering');
  });

  it('awards what it has when the window is over', () => {
    const council = moveOn(aFormingCouncil(['tpm', 'developer']), aContext(two, bids.slice(0, 1), { nowMs: T0 + 5_000 }));
    expect(holders(council)).toEqual({ tpm: 'a', developer: undefined });
  });

  it('says how many answered although nobody bid', () => {
    const declined = [anAnswer('a', {}), anAnswer('b', {})];
    const council = moveOn(aFormingCouncil(['tpm']), aContext(two, declined, { nowMs: T0 + 5_000 }));
    expect(council).toMatchObject({ attempt: 2, reach: { expected: 2, answered: 2 } });
  });

  it('is announced again for the open core roles when the window brought no bid', () => {
    const council = aFormingCouncil(['tpm', 'developer'], ['docs']);
    const facts = decide(council, aContext(two, [], { nowMs: T0 + 5_000 }));
    expect(facts).toMatchObject([{ type: 'announcement_decided', attempt: 2, reason: 'reminder', open_roles: ['tpm', 'developer'] }]);
  });

  it('says nothing more once what was due is done', () => {
    const council = offered();
    expect(decide(council, aContext(two, bids))).toEqual([]);
  });

  it('expires at its deadline and names what was missing', () => {
    const council = moveOn(aFormingCouncil(['tpm']), aContext(two, [], { nowMs: T0 + 60_000 }));
    expect(council.status).toBe('expired');
    expect(council.status_reason).toBe('formation deadline passed without tpm');
  });

  it('expires when it could never be announced', () => {
    expect(moveOn(aCouncil(['tpm']), aContext(two, [], { nowMs: T0 + 60_000 })).status).toBe('expired');
  });

  it('goes to work with the roles it has at the deadline when a partial council is allowed', () => {
    const partial = { ...aFormingCouncil(['tpm', 'developer']), allow_partial: true };
    const half = answeredAll(moveOn(partial, aContext(two, bids.slice(0, 1), { nowMs: T0 + 5_000 })), () => true);
    const council = moveOn(half, aContext(two, [], { nowMs: T0 + 60_000 }));
    expect(council.status).toBe('degraded');
  });
});

describe('an offering council', () => {
  it('is active when all core roles are accepted', () => {
    expect(active().status).toBe('active');
  });

  it('asks the next bidder at once when an offer is refused', () => {
    const answers = [anAnswer('a', { tpm: 0.9 }), anAnswer('b', { tpm: 0.3 })];
    const first = moveOn(aFormingCouncil(['tpm']), aContext(two, answers));
    const next = moveOn(
      answeredAll(first, () => false),
      aContext(two, answers),
    );
    expect(next.roles[0]).toMatchObject({ state: 'offered', generation: 2, holder: { agent_id: 'b' } });
    expect(next.changes.map((event) => event.type)).toEqual(['council_reforming', 'roles_awarded']);
  });

  it('gives up an offer that nobody answered, a second after it expired', () => {
    const council = offered();
    expect(decide(council, aContext(two, bids, { nowMs: T0 + 100 + 5_500 }))).toEqual([]);
    const facts = decide(council, aContext(two, bids, { nowMs: T0 + 100 + 6_000 }));
    expect(facts.filter((fact) => fact.type === 'offer_failed')).toHaveLength(2);
  });

  it('ignores the answer to an offer of an older generation', () => {
    const council = offered();
    const late = { role_name: 'tpm', generation: 0, offer_id: 'c1/tpm/0', accepted: true };
    expect(recordOffers(council, [late])).toEqual([]);
  });
});

describe('an active council', () => {
  const filled = active();

  it('replaces a holder that went offline by the next bidder of the bid book, without a broadcast', () => {
    const gone = [
      aBeat('a', {}, T0 - 20_000),
      aBeat('b', { holding: [{ council_id: 'c1', role_name: 'developer', generation: 1 }] }, T0 + 20_000),
      aBeat('c'),
    ];
    const book = [...bids, anAnswer('c', { tpm: 0.2 })];
    const council = moveOn(
      moveOn(
        answeredAll(moveOn(aFormingCouncil(['tpm', 'developer']), aContext([...two, aBeat('c')], book)), () => true),
        aContext(two, book),
      ),
      aContext(gone, [], { nowMs: T0 + 20_000 }),
    );
    expect(council.status).toBe('degraded');
    expect(council.roles[0]).toMatchObject({ role_name: 'tpm', state: 'offered', generation: 2, holder: { agent_id: 'c' } });
    expect(council.attempt).toBe(1);
  });

  it('is announced again when nobody is left in the bid book', () => {
    const council = moveOn(
      filled,
      aContext([aBeat('b')], [], { roster: { ...aContext([aBeat('b')], []).roster, departed: new Map([['a', 'a-i1']]) } }),
    );
    expect(council.status).toBe('degraded');
    expect(council.announcement).toMatchObject({ attempt: 2, reason: 'reopen', open_roles: ['tpm'] });
  });

  it('is announced again at once when a second role is lost while the first one is asked for', () => {
    const without = (left: string[], departed: [string, string][]) => {
      const beats = left.map((agent) => aBeat(agent));
      return aContext(beats, [], { roster: { ...aContext(beats, []).roster, departed: new Map(departed) } });
    };
    const first = moveOn(filled, without(['b'], [['a', 'a-i1']]));
    const asked = apply(first, [
      { type: 'opportunity_published', attempt: 2, published_at: at(T0), window_ends_at: at(T0 + 60_000), stream_sequence: 9, expected: 1 },
    ]);
    const second = moveOn(
      asked,
      without(
        [],
        [
          ['a', 'a-i1'],
          ['b', 'b-i1'],
        ],
      ),
    );
    expect(second.announcement).toMatchObject({ attempt: 3, reason: 'reopen', open_roles: ['tpm', 'developer'] });
    expect(
      decide(
        second,
        without(
          [],
          [
            ['a', 'a-i1'],
            ['b', 'b-i1'],
          ],
        ),
      ),
    ).toEqual([]);
  });

  it('takes a restarted holder for lost', () => {
    const council = moveOn(filled, aContext([aBeat('a', { instance_id: 'new' }), aBeat('b')], []));
    expect(council.changes).toContainEqual(expect.objectContaining({ type: 'role_lost', role_name: 'tpm', reason: 'agent restarted' }));
  });

  it('loses nobody while nobody at all beats', () => {
    const silent = [aBeat('a', {}, T0 - 100_000), aBeat('b', {}, T0 - 100_000)];
    expect(decide(filled, aContext(silent, [], { nowMs: T0 + 500_000 }))).toEqual([]);
  });

  it('is active again when the replacement accepts', () => {
    const degraded = apply(filled, [
      { type: 'role_lost', role_name: 'tpm', generation: 1, reason: 'agent left' },
      { type: 'council_degraded', reason: 'tpm: agent left' },
    ]);
    const reoffered = moveOn(degraded, aContext([aBeat('b'), aBeat('c')], [anAnswer('c', { tpm: 0.5 })]));
    const council = moveOn(
      answeredAll(reoffered, () => true),
      aContext([aBeat('b'), aBeat('c')], []),
    );
    expect(council.status).toBe('active');
    expect(council.roles[0]).toMatchObject({ state: 'filled', generation: 2, holder: { agent_id: 'c' } });
  });

  it('is completed when all roles are reported done', () => {
    const done = (agent: string, role_name: string) =>
      aBeat(agent, { holding: [{ council_id: 'c1', role_name, generation: 1, progress: 'done' }] });
    const council = moveOn(filled, aContext([done('a', 'tpm'), done('b', 'developer')], []));
    expect(council.status).toBe('completed');
    expect(council.roles.every((slot) => slot.state === 'released')).toBe(true);
  });

  it('does not count work as done that was reported for an older generation', () => {
    const stale = aBeat('a', { holding: [{ council_id: 'c1', role_name: 'tpm', generation: 0, progress: 'done' }] });
    expect(decide(filled, aContext([stale, aBeat('b')], []))).toEqual([]);
  });
});

describe('a final council', () => {
  it('never changes again', () => {
    const cancelled = apply(active(), [{ type: 'council_cancelled', reason: 'enough' }]);
    expect(decide(cancelled, aContext([], [], { nowMs: T0 + 1e9 }))).toEqual([]);
    expect(() => apply(cancelled, [{ type: 'council_activated' }])).toThrow('is cancelled and cannot become active');
  });
});

describe('the clockwork', () => {
  it('doubles the window of each attempt up to a minute', () => {
    expect([1, 2, 4, 9].map((attempt) => claimWindowMs({ claim_window_ms: 5_000 }, attempt))).toEqual([5_000, 10_000, 40_000, 60_000]);
  });
});
