import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { HEADER, SUBJECTS } from '@whoosh/council-contracts';
import { FinalError, SettlementFilter } from '@whoosh/jetstream';
import type { JetStreamContext } from '@whoosh/jetstream';
import { AGENT_CONTEXT } from '../agent-context.js';
import type { AgentContext } from '../agent-context.js';
import { ClaimPublisher } from '../claims/claim.publisher.js';
import type { SubjectIn } from '../metrics/agent.metrics.js';
import type { HeardOpportunity } from './heard-opportunity.js';
import { OpportunityService } from './opportunity.service.js';

/** The NATS door for opportunities. An opportunity is acknowledged only once its claim is stored. */
@Controller()
@UseFilters(SettlementFilter)
export class OpportunitiesConsumer {
  constructor(
    @Inject(AGENT_CONTEXT) private readonly agent: AgentContext,
    private readonly opportunities: OpportunityService,
    private readonly claims: ClaimPublisher,
  ) {}

  /** What coordinators publish. */
  @EventPattern<string>(SUBJECTS.forming.pattern)
  onForming(@Payload() heard: HeardOpportunity, @Ctx() context: JetStreamContext): Promise<void> {
    return this.hear(heard, context, SUBJECTS.forming.pattern);
  }

  /** What the older broadcaster published. */
  @EventPattern<string>(SUBJECTS.formingPerCouncil.pattern)
  onFormingPerCouncil(@Payload() heard: HeardOpportunity, @Ctx() context: JetStreamContext): Promise<void> {
    const { councilId } = this.opportunities.draft(heard);
    if (context.params['councilId'] !== councilId)
      throw new FinalError(`council_id must be that of the subject ${context.subject}, but is ${councilId}`, {
        code: 'council_id_mismatch',
      });
    return this.hear(heard, context, SUBJECTS.formingPerCouncil.pattern);
  }

  private async hear(heard: HeardOpportunity, context: JetStreamContext, subject: SubjectIn): Promise<void> {
    const receivedAt = new Date();
    const { metrics, tracing, identity } = this.agent;
    const { answer, councilId } = this.opportunities.draft(heard);
    metrics.countReceived(subject);
    this.logReceived(heard, context, answer.firstHeardFromNats());
    await heardAll();
    const receipt = { via: 'nats', deliveryCount: context.deliveryCount, streamSequence: context.sequence } as const;
    const attributes = { 'council.id': councilId, 'agent.id': identity.agentId, 'messaging.destination.name': context.subject };
    const claim = await tracing.run('council opportunity', context.header(HEADER.traceparent), attributes, async (traceparent) => {
      const decided = await this.opportunities.claimFor(heard, receipt, receivedAt);
      await answer.publish(() => this.claims.publish(decided, traceparent));
      return decided;
    });
    metrics.countAnswered(claim.response, latencyMs(context.header(HEADER.publishedAt), new Date()));
  }

  private logReceived(heard: HeardOpportunity, { subject, deliveryCount }: JetStreamContext, first: boolean): void {
    const { logger, metrics } = this.agent;
    if (!first) metrics.countRedelivered();
    if ('notUnderstood' in heard) {
      const { councilId: council_id, schemaVersion: schema_version } = heard.notUnderstood;
      logger.warn({ council_id, subject, schema_version }, 'Council opportunity of a version that is not understood');
      return;
    }
    const { council_id, project_name: project, core_roles, optional_roles, attempt, reason } = heard.understood;
    const counts = { core_roles: core_roles.length, optional_roles: optional_roles.length };
    if (first) logger.info({ council_id, project, subject, ...counts, attempt, reason }, 'Received council opportunity from NATS');
    else logger.info({ council_id, project, subject, attempt, delivery_count: deliveryCount }, 'Council opportunity redelivered');
  }
}

/** What arrived together is heard before the first answer to any of it is worked out. */
const heardAll = () => new Promise<void>((resolve) => setImmediate(resolve));

/** From the publication, by the publisher's clock, to the answer; `undefined` without a readable header. */
function latencyMs(publishedAt: string | undefined, answeredAt: Date): number | undefined {
  const publishedMs = publishedAt === undefined ? NaN : Date.parse(publishedAt);
  return Number.isNaN(publishedMs) ? undefined : answeredAt.getTime() - publishedMs;
}
