import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { CouncilStatusUpdate, SUBJECTS } from '@whoosh/council-contracts';
import { FinalError, SettlementFilter } from '@whoosh/jetstream';
import type { JetStreamContext } from '@whoosh/jetstream';
import { AGENT_CONTEXT } from '../agent-context.js';
import type { AgentContext } from '../agent-context.js';
import { PresenceBeacon } from '../presence/presence.beacon.js';
import { isFinal } from './membership.js';
import { Membership } from './membership.service.js';

/** Hears of each change of a council: it confirms, fences and ends the roles of this agent. */
@Controller()
@UseFilters(SettlementFilter)
export class StatusConsumer {
  private readonly startedAt = Date.now();

  constructor(
    @Inject(AGENT_CONTEXT) private readonly agent: AgentContext,
    private readonly membership: Membership,
    private readonly beacon: PresenceBeacon,
  ) {}

  @EventPattern<string>(SUBJECTS.status.pattern)
  onStatus(@Payload() update: CouncilStatusUpdate, @Ctx() context: JetStreamContext): void {
    this.agent.metrics.countReceived(SUBJECTS.status.pattern);
    assertSameCouncil(update, context);
    if (this.agent.standing.current !== 'serving') return;
    const isNew = this.membership.hear(update);
    if (isNew && update.reach.expected > 0) this.beacon.learnFleetSize(update.reach.expected);
    this.log(update, context, isNew);
  }

  /** What was over before this process started is history that the broker replays: thousands of lines that nobody reads. */
  private log(update: CouncilStatusUpdate, { subject, timestamp }: JetStreamContext, isNew: boolean): void {
    const { council_id, status, revision, previous_status } = update;
    const fields = { council_id, subject, status, revision, previous_status };
    const isHistory = timestamp.getTime() < this.startedAt && isFinal(status);
    if (!isNew) this.agent.logger.debug(fields, 'Council status update is not new');
    else this.agent.logger[isHistory ? 'debug' : 'info'](fields, 'Received council status update from NATS');
  }
}

/** The subject is what the broker's permissions bind; a body that says otherwise is refused. */
function assertSameCouncil(update: CouncilStatusUpdate, { params, subject }: JetStreamContext): void {
  if (params['councilId'] === update.council_id) return;
  throw new FinalError(`council_id must be that of the subject ${subject}, but is ${update.council_id}`, { code: 'council_id_mismatch' });
}
