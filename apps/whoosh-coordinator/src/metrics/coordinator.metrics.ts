import { CLAIM_RESPONSES, COUNCIL_STATUSES, SUBJECTS } from '@whoosh/council-contracts';
import { BoundedCounter, Counter, Gauge, Histogram, type Metrics } from '@whoosh/service-runtime';

/** What the gauges read at each scrape. */
export interface GaugeSources {
  readonly councilsByStatus: () => ReadonlyMap<string, number>;
  readonly agentsByLiveness: () => ReadonlyMap<string, number>;
  readonly presenceStale: () => boolean;
  readonly connected: () => boolean;
  readonly subscriptions: () => ReadonlyMap<string, number>;
  readonly lostRaces: () => number;
}

/** How an agent missed, or got, an announcement. */
export type DeliveryOutcome = 'answered' | 'delivered' | 'missing';

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Every metric of the coordinator. Each one is there from the start, at zero. Names marked Seed in protocol.md are exact. */
export class CoordinatorMetrics {
  private readonly publishes: Counter;
  private readonly publishErrors: Counter;
  private readonly broadcastSuccess: BoundedCounter;
  private readonly broadcastError: BoundedCounter;
  private readonly discoveries: Counter;
  private readonly discoveryDuration: Histogram;
  private readonly claims: Counter;
  private readonly offers: Counter;
  private readonly answerLatency: Histogram;
  private readonly formation: Histogram;
  private readonly transitions: Counter;
  private readonly deliveries: Counter;
  private readonly rolesLost: Counter;
  private readonly deadLetters: Counter;
  private readonly messagesIn: Counter;
  private readonly messagesOut: Counter;

  constructor(private readonly metrics: Metrics) {
    const registers = [metrics.registry];
    const counter = (name: string, help: string, labelNames: string[] = []) => new Counter({ name, help, labelNames, registers });
    const histogram = (name: string, help: string, labelNames: string[] = [], buckets = LATENCY_BUCKETS) =>
      new Histogram({ name, help, labelNames, buckets, registers });
    this.publishes = counter('whoosh_nats_publish_total', 'Messages stored by NATS.', ['subject']);
    this.publishErrors = counter('whoosh_nats_publish_errors_total', 'Publishes that NATS did not acknowledge.');
    this.broadcastSuccess = new BoundedCounter({
      name: 'whoosh_broadcast_success_total',
      help: 'Announcements that went out, by council (the last 100, then other).',
      label: 'council_id',
      registry: metrics.registry,
    });
    this.broadcastError = new BoundedCounter({
      name: 'whoosh_broadcast_error_total',
      help: 'Announcements that failed, by council (the last 100, then other).',
      label: 'council_id',
      registry: metrics.registry,
    });
    this.discoveries = counter('whoosh_agent_discovery_total', 'Agents discovered, counted at each announcement.', ['method']);
    this.discoveryDuration = histogram('whoosh_agent_discovery_duration_seconds', 'How long a discovery took.', ['method']);
    this.claims = counter('whoosh_claims_total', 'Answers of agents.', ['response']);
    this.offers = counter('whoosh_offers_total', 'Offers, by how they ended.', ['outcome']);
    this.answerLatency = histogram('nats_message_latency_seconds', 'Publish of an opportunity to its stored answer.');
    this.formation = histogram('whoosh_formation_seconds', 'Request to active.', [], [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]);
    this.transitions = counter('whoosh_council_transitions_total', 'Changes of council status made by this replica.', ['status']);
    this.deliveries = counter('whoosh_deliveries_total', 'Expected agents, by what became of the announcement.', ['outcome']);
    this.rolesLost = counter('whoosh_roles_lost_total', 'Filled roles that lost their holder.');
    this.deadLetters = counter('whoosh_dead_letters_total', 'Messages given up by this replica.', ['subject']);
    this.messagesIn = counter('nats_messages_in', 'Messages handled, by subject.', ['subject']);
    this.messagesOut = counter('nats_messages_out', 'Messages published, by subject.', ['subject']);
    this.fromZero();
  }

  /** Lets the gauges read the parts that exist only after the start. */
  bind(sources: GaugeSources): void {
    const registers = [this.metrics.registry];
    const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          collect(this);
        },
      });
    gauge('whoosh_councils', 'Councils by status.', ['status'], (g) =>
      COUNCIL_STATUSES.forEach((status) => g.set({ status }, sources.councilsByStatus().get(status) ?? 0)),
    );
    gauge('whoosh_agents', 'Agents by liveness, as this replica sees them.', ['liveness'], (g) =>
      ['online', 'suspect', 'offline', 'leaving'].forEach((liveness) => g.set({ liveness }, sources.agentsByLiveness().get(liveness) ?? 0)),
    );
    gauge('whoosh_presence_stale', '1 while nobody beats and liveness is frozen.', [], (g) => g.set(sources.presenceStale() ? 1 : 0));
    new Counter({
      name: 'whoosh_lost_races_total',
      help: 'Compare-and-sets that another replica won.',
      registers,
      collect() {
        this.reset();
        this.inc(sources.lostRaces());
      },
    });
    gauge('nats_connections', 'Connections to NATS that are up.', ['name'], (g) =>
      g.set({ name: 'WHOOSH Council Publisher' }, sources.connected() ? 1 : 0),
    );
    gauge('nats_subscriptions', 'Consumers of this process, by subject.', ['subject'], (g) => {
      for (const [subject, count] of sources.subscriptions()) g.set({ subject }, count);
    });
  }

  /** Bounded by construction: subjects are patterns, never concrete ones with an id. */
  published(subject: string): void {
    this.publishes.inc({ subject });
    this.messagesOut.inc({ subject });
  }

  received(subject: string): void {
    this.messagesIn.inc({ subject });
  }

  publishFailed(): void {
    this.publishErrors.inc();
  }

  broadcast(councilId: string, outcome: 'success' | 'error'): void {
    (outcome === 'success' ? this.broadcastSuccess : this.broadcastError).inc(councilId);
  }

  discovered(method: string, agents: number, durationMs: number): void {
    this.discoveries.inc({ method }, agents);
    this.discoveryDuration.observe({ method }, durationMs / 1_000);
  }

  claimed(response: string): void {
    this.claims.inc({ response });
  }

  /** @param latencyMs publish of the opportunity to the stored answer */
  answered(latencyMs: number): void {
    this.answerLatency.observe(latencyMs / 1_000);
  }

  offerEnded(outcome: 'accepted' | 'refused' | 'unanswered'): void {
    this.offers.inc({ outcome });
  }

  transitioned(status: string): void {
    this.transitions.inc({ status });
  }

  formed(durationMs: number): void {
    this.formation.observe(durationMs / 1_000);
  }

  delivered(outcome: DeliveryOutcome, agents: number): void {
    this.deliveries.inc({ outcome }, agents);
  }

  roleLost(): void {
    this.rolesLost.inc();
  }

  deadLettered(subject: string): void {
    this.deadLetters.inc({ subject });
  }

  render(): Promise<string> {
    return this.metrics.render();
  }

  get contentType(): string {
    return this.metrics.contentType;
  }

  private fromZero(): void {
    for (const subject of [SUBJECTS.forming.pattern, SUBJECTS.status.pattern, SUBJECTS.claims.pattern]) {
      this.publishes.inc({ subject }, 0);
      this.messagesIn.inc({ subject }, 0);
      this.messagesOut.inc({ subject }, 0);
      this.deadLetters.inc({ subject }, 0);
    }
    for (const response of CLAIM_RESPONSES) this.claims.inc({ response }, 0);
    for (const outcome of ['accepted', 'refused', 'unanswered']) this.offers.inc({ outcome }, 0);
    for (const outcome of ['answered', 'delivered', 'missing']) this.deliveries.inc({ outcome }, 0);
    for (const status of COUNCIL_STATUSES) this.transitions.inc({ status }, 0);
    this.discoveries.inc({ method: 'nats' }, 0);
    for (const counter of [this.broadcastSuccess, this.broadcastError]) counter.inc('other', 0);
  }
}
