import { CouncilStatusUpdate, decode, formingConsumerName, statusConsumerName, STREAMS, SUBJECTS } from '@whoosh/council-contracts';
import type { Subscription } from '@whoosh/jetstream';
import type { AgentConfig } from './config/agent.config.js';
import type { AgentIdentity } from './identity/agent-identity.js';
import { hearOpportunity } from './opportunities/heard-opportunity.js';

/** Opportunities that are answered at the same time: with a response jitter each answer waits. */
const OPPORTUNITY_CONCURRENCY = 64;

/**
 * What an agent listens to: consumers of its own, so that each agent gets each message. One subject per consumer.
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
