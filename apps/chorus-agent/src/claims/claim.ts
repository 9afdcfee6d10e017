import { RoleClaim } from '@whoosh/council-contracts';
import type { AgentConfig } from '../config/agent.config.js';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type { ClaimDecision } from '../opportunities/decide-claim.js';
import { allCapabilities } from '../presence/describe-presence.js';

/** What the claim answers, and what the agent had in hand. */
export interface ClaimFacts {
  readonly councilId: string;
  readonly attempt: number;
  /** When the bids end: the formation deadline. */
  readonly expiresAt: string;
  readonly receivedAt: Date;
  readonly currentTasks: number;
}

/** What only one delivery knows; the decision is the same for each. */
export interface Receipt {
  readonly via: RoleClaim['via'];
  readonly deliveryCount: number;
  /** Absent by HTTP. */
  readonly streamSequence?: number;
}

/**
 * The answer to an opportunity as a message, except for what depends on the delivery.
 * @param identity who answers
 * @param config what it can do
 * @param decision what it decided
 * @param facts what it answers to
 */
export function claimOf(identity: AgentIdentity, config: AgentConfig, decision: ClaimDecision, facts: ClaimFacts): RoleClaim {
  return Object.assign(new RoleClaim(), {
    council_id: facts.councilId,
    attempt: facts.attempt,
    agent_id: identity.agentId,
    instance_id: identity.instanceId,
    agent_name: identity.agentName,
    response: decision.response,
    ...(decision.response === 'claim' ? { bids: [...decision.bids] } : { reason: decision.reason }),
    capabilities: allCapabilities(config),
    model: config.model,
    load: { current_tasks: facts.currentTasks, max_tasks: config.maxTasks },
    received_at: facts.receivedAt.toISOString(),
    delivery_count: 1,
    via: 'nats' as const,
    expires_at: facts.expiresAt,
  });
}

/** The claim as it answers one delivery. */
export function withReceipt(claim: RoleClaim, receipt: Receipt): RoleClaim {
  const { via, deliveryCount, streamSequence } = receipt;
  return Object.assign(new RoleClaim(), claim, { via, delivery_count: deliveryCount, stream_seq: streamSequence });
}
