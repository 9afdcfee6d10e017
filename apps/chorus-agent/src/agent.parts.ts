import { hostname } from 'node:os';
import {
  AgentPresence,
  agentKey,
  bucketKeySubject,
  BUCKETS,
  decode,
  deadLetterMessageId,
  deadLetterSubject,
  encode,
  STREAMS,
} from '@whoosh/council-contracts';
import { Broker, DocumentBucket, ensureTopology, JetStreamPublisher, JetStreamServer } from '@whoosh/jetstream';
import type { AgentContext } from './agent-context.js';
import { AgentLifecycle } from './agent.lifecycle.js';
import { agentSubscriptions } from './agent.subscriptions.js';
import { ClaimPublisher } from './claims/claim.publisher.js';
import { Membership } from './membership/membership.service.js';
import { deliveryMetrics } from './metrics/delivery.metrics.js';
import { offerDeadLetter } from './offers/offer.dead-letter.js';
import { OfferResponder } from './offers/offer.responder.js';
import { OpportunityService } from './opportunities/opportunity.service.js';
import { describePresence } from './presence/describe-presence.js';
import { FencingWatch } from './presence/fencing.watch.js';
import { PresenceBeacon } from './presence/presence.beacon.js';
import { PresenceStore } from './presence/presence.store.js';
import { AGENT_VERSION } from './version.js';
import type { RoleWorker } from './work/role-worker.js';

/** One agent, put together and not started. */
export interface AgentParts {
  readonly context: AgentContext;
  readonly broker: Broker;
  readonly membership: Membership;
  readonly beacon: PresenceBeacon;
  readonly opportunities: OpportunityService;
  readonly claims: ClaimPublisher;
  readonly server: JetStreamServer;
  readonly lifecycle: AgentLifecycle;
}

/** What the process around the agent lends it. */
export interface AgentSurroundings {
  readonly worker: RoleWorker;
  /** Aborted when the start is to be given up. */
  readonly starting: AbortSignal;
  readonly eventLoopLagMs: () => number;
  /** Where the HTTP door is, once it is open. */
  readonly address: () => string | undefined;
  /** 0 ≤ r < 1 */
  readonly random: () => number;
}

/** How long one beat is tried: the next one is a better try, and a stop waits for the one in flight. */
const BEAT_DEADLINE_MS = 1_500;

/** How long handlers in flight may take when the agent leaves; Swarm's `stop_grace_period` is 10 s. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Puts an agent together. Nothing is connected yet.
 * @param context who the agent is
 * @param around what the process lends it
 */
export function composeAgent(context: AgentContext, around: AgentSurroundings): AgentParts {
  const { identity, config, standing, logger } = context;
  const { agentId, instanceId } = identity;
  const broker = new Broker({ ...connectionSettings(context), logger });
  const publisher = new JetStreamPublisher(broker);
  const membership = new Membership(agentId, config.maxTasks, around.worker, logger);
  const opportunities = new OpportunityService(context, membership, around.random);
  const claims = new ClaimPublisher(context, publisher);
  const offers = new OfferResponder(context, membership, broker, offerDeadLetter(context, publisher));
  const codec = { encode, decode: (bytes: Uint8Array) => decode(AgentPresence, bytes) };
  const bucket = new DocumentBucket<AgentPresence>(broker, BUCKETS.agents.name, codec, { deadlineMs: BEAT_DEADLINE_MS });
  const self = { identity, config: { ...config, node: config.node ?? hostname() }, version: AGENT_VERSION };
  const beacon = new PresenceBeacon(
    new PresenceStore(bucket, agentId, instanceId),
    {
      describe: (beat) => {
        const address = around.address();
        return describePresence(self, {
          ...beat,
          ...(address === undefined ? {} : { address }),
          standing: standing.current,
          currentTasks: membership.load().currentTasks,
          holding: membership.held(),
          now: new Date(),
          eventLoopLagMs: around.eventLoopLagMs(),
        });
      },
      isConnected: () => broker.isConnected(),
      onOvertaken: (by) => lifecycle.fence(by),
    },
    { configuredMs: config.presenceIntervalMs, random: around.random },
    logger,
  );
  const server = new JetStreamServer({
    broker,
    subscriptions: agentSubscriptions(identity, config),
    deadLetter: { subject: deadLetterSubject(agentId), source: agentId, publisher, messageId: deadLetterMessageId },
    logger,
    hooks: deliveryMetrics(context),
    drainTimeoutMs: DRAIN_TIMEOUT_MS,
  });
  const lifecycle = new AgentLifecycle(
    context,
    {
      broker,
      membership,
      beacon,
      fencingWatch: new FencingWatch(broker, bucketKeySubject(BUCKETS.agents.name, agentKey(agentId)), instanceId, beacon),
      offers,
      ensureTopology: () => ensureAgentTopology(broker, context),
      stopListening: () => server.close(),
    },
    around.starting,
  );
  return { context, broker, membership, beacon, opportunities, claims, server, lifecycle };
}

/** The name under which the broker lists an agent's connection. */
export function connectionNameOf(agentId: string): string {
  return `CHORUS Agent ${agentId}`;
}

function connectionSettings({ identity, config }: AgentContext) {
  const { servers, user, password, token, credsFile } = config;
  return {
    servers,
    name: connectionNameOf(identity.agentId),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...(credsFile === undefined ? {} : { credsFile }),
  };
}

/** Whoever comes first creates streams and buckets; an agent needs only those that it writes to or reads from. */
async function ensureAgentTopology(broker: Broker, { config, logger }: AgentContext): Promise<void> {
  const topology = { streams: [STREAMS.councils, STREAMS.claims, STREAMS.deadLetters], buckets: [BUCKETS.agents] };
  const report = await ensureTopology(broker, { ...topology, replicas: config.streamReplicas });
  for (const drift of report.drift) logger.debug({ drift }, 'A stream differs from its definition; coordinators report it');
}
