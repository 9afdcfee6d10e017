import { CLAIM_RESPONSES, SUBJECTS } from '@whoosh/council-contracts';
import type { ClaimResponse } from '@whoosh/council-contracts';
import { Counter, Gauge, Histogram } from '@whoosh/service-runtime';
import type { Registry } from '@whoosh/service-runtime';

/** Subjects that the agent receives on; the label of its series, so wildcards stay wildcards. */
export const SUBJECTS_IN = [
  SUBJECTS.forming.pattern,
  SUBJECTS.formingPerCouncil.pattern,
  SUBJECTS.status.pattern,
  SUBJECTS.offer.pattern,
] as const;

/** Subjects that the agent publishes on. */
export const SUBJECTS_OUT = [SUBJECTS.claims.pattern, SUBJECTS.deadLetter.pattern] as const;

/** One of {@link SUBJECTS_IN}. */
export type SubjectIn = (typeof SUBJECTS_IN)[number];

const OFFER_ANSWERS = ['accepted', 'refused', 'malformed'] as const;
const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The metrics of an agent; every series is there from the start, at zero. Names marked seed are read by existing dashboards. */
export class AgentMetrics {
  /** Seed. */
  private readonly received: Counter<'subject'>;
  private readonly messagesIn: Counter<'subject'>;
  private readonly messagesOut: Counter<'subject'>;
  private readonly handled: Counter;
  private readonly connections: Gauge<'name'>;
  private readonly subscriptions: Gauge<'subject'>;
  private readonly latency: Histogram;
  private readonly claims: Counter<'response'>;
  private readonly offers: Counter<'answer'>;
  private readonly redelivered: Counter;
  private readonly deadLettered: Counter;

  /**
   * @param registry where they are registered
   * @param connectionName the name of the broker connection, label of `nats_connections`
   * @param rolesHeld asked at each scrape
   */
  constructor(
    registry: Registry,
    private readonly connectionName: string,
    rolesHeld: () => number,
  ) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter<L>({ name, help, labelNames, registers });
    this.received = counter('chorus_nats_receive_total', 'Messages received from NATS, by subject.', ['subject']);
    this.messagesIn = counter('nats_messages_in', 'Messages received from NATS, by subject.', ['subject']);
    this.messagesOut = counter('nats_messages_out', 'Messages published to NATS, by subject.', ['subject']);
    this.handled = counter('chorus_council_opportunity_handled_total', 'Council opportunities that were answered.', []);
    this.claims = counter('chorus_council_claims_total', 'Answers to opportunities, by response.', ['response']);
    this.offers = counter('chorus_role_offers_total', 'Offers of roles, by answer.', ['answer']);
    this.redelivered = counter('chorus_council_redeliveries_total', 'Opportunities that were delivered again.', []);
    this.deadLettered = counter('chorus_dead_letters_total', 'Messages that the agent gave up on.', []);
    this.connections = new Gauge({ name: 'nats_connections', help: 'Open broker connections, by name.', labelNames: ['name'], registers });
    this.subscriptions = new Gauge({ name: 'nats_subscriptions', help: 'Active subscriptions.', labelNames: ['subject'], registers });
    this.latency = new Histogram({
      name: 'nats_message_latency_seconds',
      help: 'From the Published-At header of an opportunity to its answer.',
      buckets: LATENCY_SECONDS,
      registers,
    });
    new Gauge({
      name: 'chorus_roles_held',
      help: 'Roles that the agent has accepted and not finished.',
      registers,
      collect() {
        this.set(rolesHeld());
      },
    });
    this.startAtZero();
  }

  /** A message came from the broker. */
  countReceived(subject: SubjectIn): void {
    this.received.inc({ subject });
    this.messagesIn.inc({ subject });
  }

  /** An opportunity came again. */
  countRedelivered(): void {
    this.redelivered.inc();
  }

  /** An opportunity was answered; `latencyMs` since its publication where that is known. */
  countAnswered(response: ClaimResponse, latencyMs: number | undefined): void {
    this.handled.inc();
    this.claims.inc({ response });
    if (latencyMs !== undefined) this.latency.observe(Math.max(0, latencyMs) / 1_000);
  }

  /** A claim was published. */
  countClaimPublished(): void {
    this.messagesOut.inc({ subject: SUBJECTS.claims.pattern });
  }

  /** An offer was answered. */
  countOffer(answer: (typeof OFFER_ANSWERS)[number]): void {
    this.offers.inc({ answer });
  }

  /** The agent gave up on a message. */
  countDeadLetter(): void {
    this.deadLettered.inc();
    this.messagesOut.inc({ subject: SUBJECTS.deadLetter.pattern });
  }

  /** The broker connection opened or was lost. */
  showConnected(connected: boolean): void {
    this.connections.set({ name: this.connectionName }, connected ? 1 : 0);
  }

  /** A subscription began or ended. */
  showSubscribed(subject: SubjectIn, subscribed: boolean): void {
    this.subscriptions.set({ subject }, subscribed ? 1 : 0);
  }

  private startAtZero(): void {
    for (const subject of SUBJECTS_IN) {
      this.received.inc({ subject }, 0);
      this.messagesIn.inc({ subject }, 0);
      this.showSubscribed(subject, false);
    }
    for (const subject of SUBJECTS_OUT) this.messagesOut.inc({ subject }, 0);
    for (const response of CLAIM_RESPONSES) this.claims.inc({ response }, 0);
    for (const answer of OFFER_ANSWERS) this.offers.inc({ answer }, 0);
    this.showConnected(false);
  }
}
