import type { RoleOffer } from '@whoosh/council-contracts';
import type { Holding } from '../membership/holding.js';
import { decideOffer } from './decide-offer.js';
import type { OfferSituation } from './decide-offer.js';

const now = new Date('2026-01-01T10:00:00.000Z');

const offer = (overrides: Partial<RoleOffer> = {}): RoleOffer =>
  ({
    offer_id: '6f1c7a34-1111-5222-8333-444455556666',
    council_id: 'council-1',
    role_name: 'developer',
    generation: 2,
    offer_expires_at: '2026-01-01T10:00:02.000Z',
    ...overrides,
  }) as RoleOffer;

const agent = (overrides: Partial<OfferSituation> = {}): OfferSituation => ({
  standing: 'serving',
  roles: [],
  freeSlots: 1,
  knownGeneration: 0,
  councilOver: false,
  ...overrides,
});

const holding = (overrides: Partial<Holding> = {}): Holding => ({
  councilId: 'council-1',
  roleName: 'developer',
  generation: 2,
  phase: 'reserved',
  reservedUntilMs: 0,
  ...overrides,
});

describe('an agent that is offered a role', () => {
  it.each<[string, Partial<OfferSituation>]>([
    ['when it is free', {}],
    ['of the generation that it knows', { knownGeneration: 2 }],
    ['that it already accepted, though it has no free slot', { holding: holding(), freeSlots: 0 }],
    ['of which it had an earlier generation', { holding: holding({ generation: 1, phase: 'working' }), freeSlots: 0 }],
    ['that its configuration names', { roles: ['Developer'] }],
  ])('accepts one %s', (_when, is) => {
    expect(decideOffer(offer(), agent(is), now)).toEqual({ accept: true });
  });

  it.each<[string, Partial<RoleOffer>, Partial<OfferSituation>, string]>([
    ['it has no slot left', {}, { freeSlots: 0 }, 'at capacity'],
    ['it is leaving', {}, { standing: 'leaving' }, 'draining'],
    ['a newer process has its id', {}, { standing: 'fenced' }, 'fenced'],
    ['the offer is expired', { offer_expires_at: now.toISOString() }, {}, `the offer expired at ${now.toISOString()}`],
    ['a later generation is known', {}, { knownGeneration: 3 }, 'generation 2 is overtaken by 3'],
    ['it accepted a later generation', {}, { holding: holding({ generation: 3 }) }, 'generation 2 is overtaken by 3'],
    ['it has another role of the council', {}, { holding: holding({ roleName: 'tpm' }) }, 'already holds the role tpm of this council'],
    ['it does not take such roles', {}, { roles: ['tester'] }, 'does not take the role developer'],
    ['the council is over', {}, { councilOver: true }, 'the council is over'],
  ])('refuses with the reason when %s', (_when, offered, is, reason) => {
    expect(decideOffer(offer(offered), agent(is), now)).toEqual({ accept: false, reason });
  });
});
