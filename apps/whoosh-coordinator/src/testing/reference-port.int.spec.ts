import {
  AgentPresence,
  BUCKETS,
  councilClaimsSubject,
  CouncilOpportunity,
  decode,
  encode,
  formingMessageId,
  formingSubject,
  RoleOffer,
  STREAMS,
  validate,
} from '@whoosh/council-contracts';
import { Broker, DocumentBucket, ensureTopology, JetStreamPublisher, messagesFor } from '@whoosh/jetstream';
import { eventually, type NatsServer, ReferenceAgent, startNatsServer } from '@whoosh/testing';
import { OfferClient } from '../offers/offer.client.js';
import { referencePort } from './reference-port.js';

describe('a reference agent on a real broker', () => {
  let nats: NatsServer;
  let broker: Broker;
  beforeAll(async () => {
    nats = await startNatsServer();
    broker = new Broker({ servers: [nats.url], name: 'reference port' });
    await broker.connect();
    await ensureTopology(broker, { streams: Object.values(STREAMS), buckets: Object.values(BUCKETS), replicas: 1 });
  });
  afterAll(async () => {
    await broker.drain();
    await nats.stop();
  });

  const presenceOf = async (agentId: string) => {
    const bucket = new DocumentBucket<AgentPresence>(broker, BUCKETS.agents.name, {
      encode,
      decode: (bytes) => decode(AgentPresence, bytes),
    });
    return (await bucket.get(agentId))?.value;
  };
  const opportunity = (councilId: string) =>
    validate(CouncilOpportunity, {
      council_id: councilId,
      project_name: 'p',
      core_roles: [{ role_name: 'tpm', required: true, required_skills: [] }],
      formation_deadline: new Date(Date.now() + 60_000).toISOString(),
      created_at: new Date().toISOString(),
    });
  const offerOf = (councilId: string) =>
    validate(RoleOffer, {
      offer_id: `offer-${councilId}`,
      council_id: councilId,
      role_name: 'tpm',
      generation: 1,
      offer_expires_at: new Date(Date.now() + 5_000).toISOString(),
      opportunity: opportunity(councilId),
    });

  it('is present, hears, claims, takes a role, and leaves', async () => {
    const agent = await new ReferenceAgent({ port: referencePort(broker), agentId: 'ref-1', roles: ['tpm'] }).start();
    expect((await presenceOf('ref-1'))?.state).toBe('ready');
    const publisher = new JetStreamPublisher(broker);
    await publisher.publish(formingSubject, encode(opportunity('c1')), { messageId: formingMessageId('c1', 1) });
    await eventually(async () => (await messagesFor(broker, STREAMS.claims.name, councilClaimsSubject('c1'))).length === 1, {
      what: 'it has answered',
    });
    const answer = await new OfferClient(broker).offer('ref-1', agent.instanceId, offerOf('c1'), 2_000);
    expect(answer).toEqual({ outcome: 'accepted' });
    expect((await presenceOf('ref-1'))?.holding).toMatchObject([{ council_id: 'c1', role_name: 'tpm', generation: 1 }]);
    await agent.leave();
    expect(await presenceOf('ref-1')).toBeUndefined();
  });

  it('can leave an offer unanswered and vanish without a word', async () => {
    const agent = await new ReferenceAgent({ port: referencePort(broker), agentId: 'ref-2', script: { onOffer: () => 'silent' } }).start();
    const answer = await new OfferClient(broker).offer('ref-2', agent.instanceId, offerOf('c2'), 100);
    expect(answer).toEqual({ outcome: 'unanswered', reason: 'no answer within 100 ms' });
    await agent.vanish();
    expect((await presenceOf('ref-2'))?.instance_id).toBe(agent.instanceId);
  });
});
