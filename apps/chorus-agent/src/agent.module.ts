import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AGENT_CONTEXT } from './agent-context.js';
import { AgentLifecycle } from './agent.lifecycle.js';
import type { AgentParts } from './agent.parts.js';
import { ClaimPublisher } from './claims/claim.publisher.js';
import { Membership } from './membership/membership.service.js';
import { StatusConsumer } from './membership/status.consumer.js';
import { OpportunitiesConsumer } from './opportunities/opportunities.consumer.js';
import { OpportunityService } from './opportunities/opportunity.service.js';
import { PresenceBeacon } from './presence/presence.beacon.js';

/** The Nest module of one agent. Its parts are made beforehand, because the ops server needs some of them before the broker is there. */
@Module({})
export class AgentModule {
  /** @param parts what {@link composeAgent} made */
  static of(parts: AgentParts): DynamicModule {
    return {
      module: AgentModule,
      controllers: [OpportunitiesConsumer, StatusConsumer],
      providers: [
        { provide: AGENT_CONTEXT, useValue: parts.context },
        { provide: Membership, useValue: parts.membership },
        { provide: PresenceBeacon, useValue: parts.beacon },
        { provide: OpportunityService, useValue: parts.opportunities },
        { provide: ClaimPublisher, useValue: parts.claims },
        { provide: AgentLifecycle, useValue: parts.lifecycle },
      ],
    };
  }
}
