import { type Broker, JetStreamPublisher } from '@whoosh/jetstream';
import { createMetrics, HealthChecks, type Logger, type Tracing } from '@whoosh/service-runtime';
import { NatsBroadcaster } from './broadcast/nats.broadcaster.js';
import { ClaimBook } from './claims/claim-book.js';
import { ClaimIntake } from './claims/claim.intake.js';
import type { CoordinatorConfig } from './config/coordinator.config.js';
import { Announcer } from './councils/announcer.js';
import { offerIdOf } from './councils/commands.js';
import type { CouncilDocument } from './councils/council.js';
import { CouncilTransactor } from './councils/council.transactor.js';
import { CouncilView } from './councils/council.view.js';
import { CouncilsService } from './councils/councils.service.js';
import { decide, type DecisionContext } from './councils/decide.js';
import { FormationEffects } from './councils/formation.effects.js';
import { councilBucket, KvCouncilStore } from './councils/kv-council.store.js';
import { Sweeper } from './councils/sweeper.js';
import { LedgerService } from './deliveries/ledger.service.js';
import { Readiness } from './http/ready.guard.js';
import { CoordinatorMetrics } from './metrics/coordinator.metrics.js';
import { OfferClient } from './offers/offer.client.js';
import { OfferSender } from './offers/offer.sender.js';
import { RosterTracker } from './roster/roster.tracker.js';
import { StatusPublisher } from './status/status.publisher.js';
import { ChangeStream } from './stream/change-stream.js';

/** Every part of a coordinator, put together. Nothing is started. */
export type CoordinatorParts = ReturnType<typeof coordinatorParts>;

/** Puts the parts together: the one place where they meet. */
export function coordinatorParts(config: CoordinatorConfig, broker: Broker, logger: Logger, tracing: Tracing) {
  const { replicaId } = config;
  const processMetrics = createMetrics();
  const metrics = new CoordinatorMetrics(processMetrics);
  const publisher = new JetStreamPublisher(broker, { deadlineMs: config.publishDeadlineMs });
  const bucket = councilBucket(broker);
  const store = new KvCouncilStore(bucket);
  const view = new CouncilView();
  const roster = new RosterTracker(broker, logger);
  const claims = new ClaimBook();
  const readiness = new Readiness();
  const health = new HealthChecks();

  const contextOf = (council: CouncilDocument): DecisionContext => ({
    nowMs: Date.now(),
    replicaId,
    roster: roster.roster(),
    answers: claims.answers(council.council_id),
    expected: view.expected(council.council_id, council.attempt),
    councilsHeld: (agentId) => view.councilsHeld(agentId),
    offerId: offerIdOf,
    offerTimeoutMs: config.offerTimeoutMs,
    takeOverAfterMs: config.takeOverAfterMs,
  });
  const decideNow = (council: CouncilDocument) => decide(council, contextOf(council));
  const transactor = new CouncilTransactor(store, view, decideNow, replicaId);
  const broadcaster = new NatsBroadcaster(publisher, metrics, logger);
  const announcer = new Announcer(
    { store, view, broadcaster, transactor, tracing, metrics, reachableAgents: () => roster.reachableAgents() },
    logger,
  );
  const status = new StatusPublisher({ broker, publisher, metrics }, logger);
  const ledger = new LedgerService({ broker, store, view, metrics }, logger);
  const offers = new OfferSender({ client: new OfferClient(broker), transactor, metrics, tracing }, logger);
  const sweeper = new Sweeper({ view, store, transactor, announcer, ledger, status, claims, contextOf }, logger);
  const effects = new FormationEffects({ announcer, offers, status, sweeper, metrics }, logger);
  transactor.onCommit((committed) => effects.follow(committed));
  const intake = new ClaimIntake({ book: claims, view, metrics, poke: (councilId) => sweeper.poke(councilId) });
  const defaults = {
    formationTimeoutMs: config.formationTimeoutMs,
    claimWindowMs: config.claimWindowMs,
    responseJitterMs: config.responseJitterMs,
  };
  const councils = new CouncilsService({ store, view, transactor, announcer, defaults, replicaId }, logger);
  const changes = new ChangeStream(view, roster);
  return {
    ...{ config, broker, logger, tracing, processMetrics, metrics, publisher, bucket, store, view, roster, claims, readiness, health },
    ...{ transactor, ledger, status, sweeper, intake, councils, changes, effects },
  };
}
