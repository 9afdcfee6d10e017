import { CouncilStatusUpdate, decode, formingConsumerName, statusConsumerName, STREAMS, SUBJECTS } from '@whoosh/council-contracts';
import type { Subscription } from '@whoosh/jetstream';
import type { AgentConfig } from './config/agent.config.js';
import type { AgentIdentity } from './identity/agent-identity.js';
import { hearOpportunity } from './opportunities/heard-opportunity.js';

/** Opportunities that are answered at the same time: with a response jitter each answer waits. */
const OPPORTUNITY_CONCURRENCY = 64;

/**
 * What an agent listens to: consumers of its own, so that each agent gets each message. One subject per consumer.
 * The older broadcaster's subject therefore has a consumer too, always on: with 1,000 agents it costs the broker about 3 % of one core
 * while idle and a tenth more time to create (measured on nats-server 2.15: 14–16 % of a core in all without it, 16–20 % with it),
 * and an agent that is deaf to a part of the publishers would be the fault that this system replaces.
 * @param identity whose consumers they are
 * @param config how far back opportunities are of interest
 */
export function agentSubscriptions({ agentId, instanceId }: AgentIdentity, config: AgentConfig): Subscription[] {
  const since = () => ({ from: 'time', at: new Date(Date.now() - config.formationWindowMs) }) as const;
  const stream = STREAMS.councils.name;
  const opportunities = { stream, decode: hearOpportunity, concurrency: OPPORTUNITY_CONCURRENCY };
  const name = formingConsumerName(agentId, instanceId);
  return [
    { ...SUBJECTS.forming, ...opportunities, consumer: { kind: 'own', name, memory: true, start: since } },
    {
      ...SUBJECTS.formingPerCouncil,
      ...opportunities,
      consumer: { kind: 'own', name: name.replace(/^forming-/, 'forming2-'), memory: true, start: since },
    },
    {
      ...SUBJECTS.status,
      stream,
      decode: (bytes) => decode(CouncilStatusUpdate, bytes),
      consumer: { kind: 'own', name: statusConsumerName(agentId, instanceId), memory: true, start: { from: 'last-per-subject' } },
    },
  ];
}
