import { claimMessageId, claimSubject, encode, HEADER, STREAMS, traceHeaders } from '@whoosh/council-contracts';
import type { RoleClaim } from '@whoosh/council-contracts';
import type { JetStreamPublisher } from '@whoosh/jetstream';
import { childTraceparent } from '@whoosh/service-runtime';
import type { AgentContext } from '../agent-context.js';

/** Puts claims into the stream of claims. */
export class ClaimPublisher {
  constructor(
    private readonly agent: AgentContext,
    private readonly publisher: JetStreamPublisher,
  ) {}

  /**
   * Publishes a claim; settles when the broker has stored it, so that only then the opportunity is acknowledged.
   * The message id comes from council, attempt, agent and process: publishing again stores nothing new.
   * @param claim the answer
   * @param traceparent the trace of the opportunity, if any
   * @throws PublishUnknownError, PublishRefusedError see {@link JetStreamPublisher}
   */
  async publish(claim: RoleClaim, traceparent: string | undefined): Promise<void> {
    const { council_id: councilId, attempt, agent_id: agentId, instance_id: instanceId } = claim;
    const trace = traceparent === undefined ? undefined : childTraceparent(traceparent);
    await this.publisher.publish(claimSubject(councilId, agentId), encode(claim), {
      messageId: claimMessageId(councilId, attempt, agentId, instanceId),
      expectStream: STREAMS.claims.name,
      headers: { [HEADER.councilId]: councilId, ...traceHeaders(trace) },
    });
    this.agent.metrics.countClaimPublished();
  }
}
