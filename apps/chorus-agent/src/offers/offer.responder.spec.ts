import { decode, encode, RoleOfferReply } from '@whoosh/council-contracts';
import type { RoleOffer } from '@whoosh/council-contracts';
import { Broker } from '@whoosh/jetstream';
import { Membership } from '../membership/membership.service.js';
import { anAgentContext, anOfferFor, aStatusFor } from '../testing/fixtures.js';
import { TimedWorker } from '../work/timed.worker.js';
import { OfferResponder } from './offer.responder.js';

function aResponder(env: NodeJS.ProcessEnv = {}) {
  const context = anAgentContext(env);
  const membership = new Membership('agent-1', context.config.maxTasks, new TimedWorker(-1), context.logger);
  const deadLetters: string[] = [];
  const responder = new OfferResponder(
    context,
    membership,
    new Broker({ servers: ['nats://nowhere:4222'], name: 'unused' }),
    async (payload) => {
      deadLetters.push(new TextDecoder().decode(payload));
    },
  );
  const answer = async (offer: RoleOffer | string) =>
    decode(RoleOfferReply, await responder.answer(typeof offer === 'string' ? new TextEncoder().encode(offer) : encode(offer)));
  return { context, membership, answer, deadLetters };
}

describe('an offer of a role', () => {
  it('is accepted by a free agent, which reserves a slot for it', async () => {
    const { answer, membership } = aResponder();
    expect(await answer(anOfferFor('c1'))).toMatchObject({
      accept: true,
      offer_id: 'offer-c1-1',
      agent_id: 'agent-1',
      instance_id: 'instance-1',
    });
    expect(membership.load().currentTasks).toBe(1);
  });

  it('gets the same answer when it comes again, and takes one slot', async () => {
    const { answer, membership } = aResponder({ CHORUS_MAX_TASKS: '1' });
    const [first, second] = [await answer(anOfferFor('c1')), await answer(anOfferFor('c1'))];
    expect(second).toEqual(first);
    expect(membership.load().currentTasks).toBe(1);
  });

  it('that was refused stays refused, though a slot has become free', async () => {
    const { answer, membership } = aResponder({ CHORUS_MAX_TASKS: '1' });
    membership.reserve(anOfferFor('c0'));
    const first = await answer(anOfferFor('c1'));
    membership.hear(aStatusFor('c0', 1, { status: 'cancelled' }));
    expect([first, await answer(anOfferFor('c1'))]).toMatchObject([
      { accept: false, reason: 'at capacity' },
      { accept: false, reason: 'at capacity' },
    ]);
  });

  it('of an overtaken generation is refused', async () => {
    const { answer, membership } = aResponder();
    membership.hear(aStatusFor('c1', 5, { roles: [{ role_name: 'developer', state: 'open', generation: 3 }] }));
    expect(await answer(anOfferFor('c1', { generation: 2 }))).toMatchObject({ accept: false, reason: 'generation 2 is overtaken by 3' });
  });

  it('is refused by an agent that leaves', async () => {
    const { answer, context } = aResponder();
    context.standing.leave();
    expect(await answer(anOfferFor('c1'))).toMatchObject({ accept: false, reason: 'draining' });
  });

  it('that is malformed is refused by its id, with every violation, and kept as a dead letter', async () => {
    const { answer, deadLetters } = aResponder();
    const malformed = JSON.stringify({ offer_id: 'offer-9', council_id: 'c1', generation: -1 });
    const reply = await answer(malformed);
    expect(reply).toMatchObject({ accept: false, offer_id: 'offer-9' });
    expect(reply.reason).toMatch(/role_name.*generation.*offer_expires_at/s);
    expect(deadLetters).toEqual([malformed]);
  });

  it('that is no JSON at all is refused too', async () => {
    expect(await aResponder().answer('{')).toMatchObject({ accept: false, offer_id: 'unreadable' });
  });
});
