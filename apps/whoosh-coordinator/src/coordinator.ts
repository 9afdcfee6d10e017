import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BUCKETS, deadLetterMessageId, deadLetterSubject, decode, RoleClaim, STREAMS, SUBJECTS } from '@whoosh/council-contracts';
import { Broker, brokerHealth, ensureTopology, JetStreamServer, type StartPolicy } from '@whoosh/jetstream';
import { createTracing, type Logger, type RunningService } from '@whoosh/service-runtime';
import { CONNECTION_NAME } from './broker-name.js';
import type { CoordinatorConfig } from './config/coordinator.config.js';
import { type CoordinatorParts, coordinatorParts } from './coordinator.parts.js';
import { followCouncils } from './councils/council.feed.js';
import { httpApp, listen } from './http/http-app.js';

/** A started coordinator. */
export interface RunningCoordinator extends RunningService {
  /** The port of its HTTP server. */
  readonly port: number;
}

/**
 * Starts a coordinator: the HTTP server at once, so that its health can be asked, then NATS, waiting for it as long as it takes.
 * @param signal aborted when the process is told to stop before the start is over
 * @param env for OpenTelemetry's own variables
 * @returns when it is ready
 * @throws PortTakenError; JetStreamDisabledError and errors of the configuration that waiting does not heal
 */
export async function startCoordinator(
  config: CoordinatorConfig,
  logger: Logger,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv,
): Promise<RunningCoordinator> {
  const broker = new Broker({
    servers: config.natsServers,
    name: CONNECTION_NAME,
    logger,
    ...(config.natsUser === undefined ? {} : { user: config.natsUser }),
    ...(config.natsPassword === undefined ? {} : { password: config.natsPassword }),
    ...(config.natsToken === undefined ? {} : { token: config.natsToken }),
    ...(config.natsCredsFile === undefined ? {} : { credsFile: config.natsCredsFile }),
  });
  const tracing = createTracing({ serviceName: 'whoosh-coordinator', env, onError: (error) => logger.warn({ error }, 'Tracing is off') });
  const parts = coordinatorParts(config, broker, logger, tracing);
  registerHealth(parts);
  bindMetrics(parts);
  const app = await httpApp(parts);
  const loops = new AbortController();
  const running: Promise<void>[] = [];
  const stop = async () => {
    parts.readiness.waitFor('its own stop');
    loops.abort();
    await app.close();
    await Promise.all(running);
    await parts.effects.settled(DRAIN_MS);
    await tracing.shutdown();
    parts.processMetrics.stop();
    await broker.drain();
  };
  try {
    const port = await listen(app, config.port, config.host);
    logger.info({ port, replica_id: config.replicaId }, 'HTTP server listens');
    await joinBroker(parts, app, AbortSignal.any([signal, loops.signal]));
    running.push(parts.sweeper.run(loops.signal));
    parts.readiness.reached();
    logger.info({ port, replica_id: config.replicaId }, 'Coordinator is ready');
    return { port, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/** Connects, makes sure of the streams and buckets, reads the present state and follows it. */
async function joinBroker(parts: CoordinatorParts, app: NestFastifyApplication, signal: AbortSignal): Promise<void> {
  const { broker, config, logger } = parts;
  parts.readiness.waitFor(`NATS at ${config.natsServers.join(', ')}`);
  await broker.connect(signal);
  logger.info({ server: broker.serverInfo.url, version: broker.serverInfo.version }, 'Connected to NATS for council publishing');
  await ensure(parts);
  broker.onStatus((event) => {
    if (event.type === 'reconnected')
      void ensure(parts).catch((error: unknown) => logger.warn({ error }, 'Streams could not be checked after the reconnect'));
  });
  parts.readiness.waitFor('the present state of councils and agents');
  await Promise.all([followCouncils(parts, signal), parts.roster.start(signal)]);
  parts.roster.onChange((change) => {
    for (const councilId of parts.view.councilsOf(change.agentId)) parts.sweeper.poke(councilId);
  });
  app.connectMicroservice<MicroserviceOptions>({ strategy: claimsServer(parts) });
  await app.startAllMicroservices();
}

async function ensure({ broker, config, logger }: CoordinatorParts): Promise<void> {
  const report = await ensureTopology(broker, {
    streams: Object.values(STREAMS),
    buckets: Object.values(BUCKETS),
    replicas: config.streamReplicas,
  });
  if (report.created.length > 0) logger.info({ created: report.created }, 'Streams and buckets created');
  for (const drift of report.drift) {
    logger.warn(
      { ...drift },
      'A stream or bucket differs from its definition; nothing was changed. Correct it with the nats command, or accept it',
    );
  }
}

/** Answers are read by each replica for itself, from the oldest council that still forms. */
function claimsServer(parts: CoordinatorParts): JetStreamServer {
  const { broker, config, logger, publisher, metrics } = parts;
  const pattern = SUBJECTS.claims;
  return new JetStreamServer({
    broker,
    logger,
    subscriptions: [
      {
        pattern: pattern.pattern,
        parameters: pattern.parameters,
        stream: STREAMS.claims.name,
        decode: (bytes) => decode(RoleClaim, bytes),
        consumer: { kind: 'own', name: `claims-${config.replicaId}`, start: () => claimsStart(parts) },
        concurrency: 256,
      },
    ],
    deadLetter: { subject: deadLetterSubject('whoosh'), source: 'whoosh', publisher, messageId: deadLetterMessageId },
    hooks: { onSettled: (_context, outcome) => outcome === 'dead-letter' && metrics.deadLettered(pattern.pattern) },
  });
}

const CLAIMS_MARGIN_MS = 60_000;
/** Offers that are out are answered in milliseconds; one that is not expires, and another replica sees to it. */
const DRAIN_MS = 1_500;

function claimsStart(parts: CoordinatorParts): StartPolicy {
  const created = [...parts.view.openCouncils()]
    .filter(({ value }) => value.active_at === undefined)
    .map(({ value }) => Date.parse(value.created_at));
  return { from: 'time', at: new Date(Math.min(Date.now(), ...created) - CLAIMS_MARGIN_MS) };
}

function registerHealth({ health, broker, readiness }: CoordinatorParts): void {
  health.register('process', () => ({ ok: true }), 'live');
  health.register(
    'started',
    () => ({
      ok: readiness.waitingFor === undefined,
      ...(readiness.waitingFor === undefined ? {} : { waiting_for: readiness.waitingFor }),
    }),
    'ready',
  );
  health.register('nats', async () => ({ ...(await brokerHealth(broker)) }), 'ready');
}

function bindMetrics({ metrics, view, roster, broker, transactor }: CoordinatorParts): void {
  metrics.bind({
    councilsByStatus: () => view.counts(),
    agentsByLiveness: () => {
      const counts = new Map<string, number>();
      for (const { liveness } of roster.roster().entries.values()) counts.set(liveness, (counts.get(liveness) ?? 0) + 1);
      return counts;
    },
    presenceStale: () => roster.roster().stale,
    connected: () => broker.isConnected(),
    subscriptions: () => new Map([[SUBJECTS.claims.pattern, 1]]),
    lostRaces: () => transactor.lostRaces,
  });
}
