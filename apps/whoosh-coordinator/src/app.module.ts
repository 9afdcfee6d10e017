import { type DynamicModule, Module } from '@nestjs/common';
import { JetStreamPublisher } from '@whoosh/jetstream';
import { HealthChecks } from '@whoosh/service-runtime';
import { ClaimIntake } from './claims/claim.intake.js';
import { ClaimsConsumer } from './claims/claims.consumer.js';
import { ClaimsController } from './claims/claims.controller.js';
import type { CoordinatorParts } from './coordinator.parts.js';
import { CouncilsController } from './councils/councils.controller.js';
import { CouncilsService } from './councils/councils.service.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { LedgerService } from './deliveries/ledger.service.js';
import { HealthController } from './health/health.controller.js';
import { CoordinatorMetrics } from './metrics/coordinator.metrics.js';
import { AgentsController } from './roster/agents.controller.js';
import { RosterTracker } from './roster/roster.tracker.js';
import { ChangeStream } from './stream/change-stream.js';
import { StreamController } from './stream/stream.controller.js';

/** The doors of the coordinator: HTTP controllers and the claims consumer over parts that are put together elsewhere. */
@Module({})
export class AppModule {
  static of(parts: CoordinatorParts): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        CouncilsController,
        DeliveriesController,
        ClaimsController,
        ClaimsConsumer,
        AgentsController,
        StreamController,
        HealthController,
      ],
      providers: [
        { provide: CouncilsService, useValue: parts.councils },
        { provide: LedgerService, useValue: parts.ledger },
        { provide: ClaimIntake, useValue: parts.intake },
        { provide: JetStreamPublisher, useValue: parts.publisher },
        { provide: RosterTracker, useValue: parts.roster },
        { provide: ChangeStream, useValue: parts.changes },
        { provide: HealthChecks, useValue: parts.health },
        { provide: CoordinatorMetrics, useValue: parts.metrics },
      ],
    };
  }
}
