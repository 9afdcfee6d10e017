import { encode, RoleClaim, validate } from '@whoosh/council-contracts';
import { Membership } from '../membership/membership.service.js';
import { anAgentContext, anOfferFor, anOpportunityFor } from '../testing/fixtures.js';
import { TimedWorker } from '../work/timed.worker.js';
import { AgentFencedError, OpportunityService } from './opportunity.service.js';

const NATS = { via: 'nats', deliveryCount: 1, streamSequence: 7 } as const;
const HTTP = { via: 'http', deliveryCount: 1 } as const;

function anAgent(env: NodeJS.ProcessEnv = {}, random = () => 0) {
  const context = anAgentContext(env);
  const membership = new Membership(context.identity.agentId, context.config.maxTasks, new TimedWorker(-1), context.logger);
  return { context, membership, service: new OpportunityService(context, membership, random) };
}

describe('the answer to an opportunity', () => {
  it('is a valid claim that names agent, process, council and attempt', async () => {
    const { service } = anAgent({ CHORUS_ROLES: 'tpm', CHORUS_SKILLS: 'go', CHORUS_CAPABILITIES: 'review', CHORUS_MODEL: 'm-1' });
    const opportunity = anOpportunityFor('c1', { attempt: 2 });
    const claim = await service.claimFor({ understood: opportunity }, NATS, new Date());
    expect(validate(RoleClaim, JSON.parse(new TextDecoder().decode(encode(claim))))).toMatchObject({
      council_id: 'c1',
      attempt: 2,
      agent_id: 'agent-1',
      instance_id: 'instance-1',
      response: 'claim',
      bids: [{ role_name: 'tpm', confidence: 1 }],
      capabilities: ['review', 'go'],
      model: 'm-1',
      load: { current_tasks: 0, max_tasks: 5 },
      stream_seq: 7,
      via: 'nats',
    });
  });

  it('stands as long as configured, and at least until the deadline: it is the standby order of an active council', async () => {
    const receivedAt = new Date();
    const inMs = (ms: number) => new Date(receivedAt.getTime() + ms).toISOString();
    const opportunity = anOpportunityFor('c1', { formation_deadline: inMs(60_000) });
    const long = await anAgent({ CHORUS_BID_VALID_FOR_MS: '2h' }).service.claimFor({ understood: opportunity }, NATS, receivedAt);
    expect(long.expires_at).toBe(inMs(7_200_000));
    const short = await anAgent({ CHORUS_BID_VALID_FOR_MS: '0' }).service.claimFor({ understood: opportunity }, NATS, receivedAt);
    expect(short.expires_at).toBe(opportunity.formation_deadline);
  });

  it('is decided once per council and attempt, whichever door it is asked through', async () => {
    const { service, membership } = anAgent({ CHORUS_MAX_TASKS: '1' });
    const heard = { understood: anOpportunityFor('c1') };
    const first = await service.claimFor(heard, HTTP, new Date());
    membership.reserve(anOfferFor('c2'));
    const second = await service.claimFor(heard, { ...NATS, deliveryCount: 2 }, new Date());
    expect([first.response, second.response, first.via, second.via, second.delivery_count]).toEqual(['claim', 'claim', 'http', 'nats', 2]);
    expect(second.received_at).toBe(first.received_at);
  });

  it('is decided anew for the next attempt', async () => {
    const { service, membership } = anAgent();
    await service.claimFor({ understood: anOpportunityFor('c1') }, NATS, new Date());
    membership.reserve(anOfferFor('c1'));
    const again = await service.claimFor({ understood: anOpportunityFor('c1', { attempt: 2, reason: 'reminder' }) }, NATS, new Date());
    expect(again).toMatchObject({ response: 'decline', reason: 'already holds the role developer of this council' });
  });

  it('says so when the version is not understood', async () => {
    const { service } = anAgent();
    const notUnderstood = { councilId: 'c1', attempt: 1, schemaVersion: '2.0', formationDeadline: undefined };
    expect(await service.claimFor({ notUnderstood }, NATS, new Date())).toMatchObject({
      response: 'not_understood',
      reason: 'schema version 2.0 is not understood; this agent understands 1.x',
      bids: [],
    });
  });

  it('waits a random part of the response jitter, but a leaving agent declines at once', async () => {
    const { service, context } = anAgent({}, () => 0.999);
    const claim = service.claimFor({ understood: anOpportunityFor('c1', { response_jitter_ms: 3_600_000 }) }, NATS, new Date());
    context.standing.leave();
    expect(await claim).toMatchObject({ response: 'decline', reason: 'draining' });
  });

  it('is not given by a fenced agent, whose successor answers', async () => {
    const { service, context } = anAgent();
    const answered = { understood: anOpportunityFor('c1') };
    await service.claimFor(answered, NATS, new Date());
    context.standing.fence('taken over');
    await expect(service.claimFor(answered, HTTP, new Date())).rejects.toThrow(AgentFencedError);
    await expect(service.claimFor({ understood: anOpportunityFor('c2') }, NATS, new Date())).rejects.toThrow(AgentFencedError);
  });
});
