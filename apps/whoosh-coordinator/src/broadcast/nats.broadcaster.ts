import { type CouncilOpportunity, encode, formingMessageId, formingSubject, opportunityHeaders, STREAMS } from '@whoosh/council-contracts';
import type { JetStreamPublisher } from '@whoosh/jetstream';
import type { Logger } from '@whoosh/service-runtime';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import type { Announced, Broadcaster } from './broadcaster.js';

/** Announces on `chorus.councils.forming`, where each agent's own consumer finds it. */
export class NatsBroadcaster implements Broadcaster {
  constructor(
    private readonly publisher: JetStreamPublisher,
    private readonly metrics: CoordinatorMetrics,
    private readonly logger: Logger,
  ) {}

  async announce(opportunity: CouncilOpportunity, publishedAt: Date, traceparent: string | undefined): Promise<Announced> {
    const { council_id, project_name, attempt } = opportunity;
    try {
      const receipt = await this.publisher.publish(formingSubject, encode(opportunity), {
        messageId: formingMessageId(council_id, attempt ?? 1),
        headers: opportunityHeaders(opportunity, publishedAt, traceparent),
        expectStream: STREAMS.councils.name,
      });
      this.metrics.published(formingSubject);
      this.metrics.broadcast(council_id, 'success');
      this.logger.info(
        {
          council_id,
          project: project_name,
          subject: formingSubject,
          core_roles: opportunity.core_roles.length,
          optional_roles: opportunity.optional_roles.length,
          attempt,
          sequence: receipt.sequence,
          duplicate: receipt.duplicate,
        },
        'Published council opportunity to NATS',
      );
      return { streamSequence: receipt.sequence, duplicate: receipt.duplicate };
    } catch (error) {
      this.metrics.publishFailed();
      this.metrics.broadcast(council_id, 'error');
      throw error;
    }
  }
}
