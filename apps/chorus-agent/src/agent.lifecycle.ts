import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { AgentPresence } from '@whoosh/council-contracts';
import type { Broker } from '@whoosh/jetstream';
import type { AgentContext } from './agent-context.js';
import type { Membership } from './membership/membership.service.js';
import type { OfferResponder } from './offers/offer.responder.js';
import type { FencingWatch } from './presence/fencing.watch.js';
import { isAlive } from './presence/instance-order.js';
import type { PresenceBeacon } from './presence/presence.beacon.js';

/** The parts whose order of start and end matters. */
export interface LifecycleParts {
  readonly broker: Broker;
  readonly membership: Membership;
  readonly beacon: PresenceBeacon;
  readonly fencingWatch: FencingWatch;
  readonly offers: OfferResponder;
  /** Creates what is missing on the broker. */
  readonly ensureTopology: () => Promise<void>;
  /** Stops the consumers; safe to call twice. */
  readonly stopListening: () => Promise<void>;
}

/**
 * How an agent comes and goes. Comes: broker, topology, presence, offers, and then its consumers (Nest calls `listen` after this).
 * Goes: presence says `leaving`, offers and consumers stop, its key is deleted, the connection drains.
 * Fenced by a newer process with its id: everything stops but the process and its health endpoint, and nothing of the successor is touched.
 */
export class AgentLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly agent: AgentContext,
    private readonly parts: LifecycleParts,
    private readonly starting: AbortSignal,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { broker, beacon, fencingWatch, membership, offers } = this.parts;
    await broker.connect(this.starting);
    this.followConnection();
    await this.parts.ensureTopology();
    const predecessor = await beacon.start();
    if (predecessor !== undefined) this.sayTakenOver(predecessor);
    fencingWatch.start((by) => this.fence(by));
    membership.onChange(() => beacon.beatNow());
    offers.start();
  }

  /** First step of a graceful stop: coordinators hear that the agent leaves, before it stops to listen. */
  async leave(): Promise<void> {
    const { standing } = this.agent;
    standing.leave();
    if (standing.current !== 'leaving') return;
    await this.parts.beacon.sayLeaving();
    await Promise.all([this.parts.membership.endAll(), this.parts.offers.stop()]);
  }

  /** Last step: the consumers have drained. */
  async beforeApplicationShutdown(): Promise<void> {
    const { beacon, broker, fencingWatch } = this.parts;
    this.unsubscribe?.();
    await fencingWatch.stop();
    if (this.agent.standing.current === 'fenced') await beacon.silence();
    else await beacon.remove().catch((error: unknown) => this.agent.logger.warn({ error }, 'The presence key could not be deleted'));
    await broker.drain();
    this.agent.metrics.showConnected(false);
  }

  /** The start failed half-way: lets go of whatever was begun, and never throws, so that the first error is the one that is seen. */
  async abandon(): Promise<void> {
    const { beacon, stopListening, offers } = this.parts;
    await Promise.allSettled([beacon.silence(), stopListening(), offers.stop()]);
    await this.beforeApplicationShutdown().catch(() => undefined);
  }

  /** A newer process has this agent's id: stop everything that could disturb it. */
  fence(by: AgentPresence): void {
    const { standing, logger, identity } = this.agent;
    if (standing.current === 'fenced') return;
    const reason = `agent id ${identity.agentId} was taken by a newer process (instance ${by.instance_id})`;
    standing.fence(reason);
    logger.error(
      { instance_id: identity.instanceId, newer_instance_id: by.instance_id, newer_started_at: by.started_at, newer_node: by.node },
      'Fenced: a newer process has this agent id. Stop this process, or give each process a CHORUS_AGENT_ID of its own',
    );
    void this.standDown();
  }

  private async standDown(): Promise<void> {
    const { beacon, membership, offers, stopListening } = this.parts;
    const steps = await Promise.allSettled([beacon.silence(), membership.endAll(), offers.stop(), stopListening()]);
    for (const step of steps)
      if (step.status === 'rejected') this.agent.logger.warn({ error: step.reason as unknown }, 'A fenced part did not stop cleanly');
  }

  private sayTakenOver(predecessor: AgentPresence): void {
    if (!isAlive(predecessor, new Date())) return;
    const { logger, identity } = this.agent;
    logger.warn(
      { instance_id: identity.instanceId, older_instance_id: predecessor.instance_id, older_started_at: predecessor.started_at },
      'Another live process has this agent id; this one is newer and takes over',
    );
  }

  private followConnection(): void {
    const { broker, beacon, ensureTopology } = this.parts;
    this.agent.metrics.showConnected(true);
    this.unsubscribe = broker.onStatus(({ type }) => {
      if (type === 'disconnected' || type === 'closed') this.agent.metrics.showConnected(false);
      if (type !== 'reconnected') return;
      this.agent.metrics.showConnected(true);
      beacon.beatNow();
      // A broker that lost its disk has no streams: the consumers wait for them.
      ensureTopology().catch((error: unknown) => this.agent.logger.warn({ error }, 'Streams could not be checked after a reconnect'));
    });
  }
}
