import { NestFactory } from '@nestjs/core';
import { SUBJECTS } from '@whoosh/council-contracts';
import { createLogger, createMetrics, createTracing, NestLogger, Registry } from '@whoosh/service-runtime';
import type { Logger, Metrics, RunningService } from '@whoosh/service-runtime';
import type { AgentContext } from './agent-context.js';
import { AgentModule } from './agent.module.js';
import { composeAgent, connectionNameOf } from './agent.parts.js';
import type { AgentParts } from './agent.parts.js';
import type { AgentConfig } from './config/agent.config.js';
import { agentHealth } from './health/agent-health.js';
import { identify } from './identity/agent-identity.js';
import { Standing } from './identity/standing.js';
import { AgentMetrics } from './metrics/agent.metrics.js';
import { doorAddress } from './ops/address.js';
import { openDoor } from './ops/agent-door.js';
import { AGENT_VERSION } from './version.js';
import type { RoleWorker } from './work/role-worker.js';
import { TimedWorker } from './work/timed.worker.js';

/** What a caller may bring along; a process of its own needs none of it. */
export interface AgentOptions {
  /** What the agent does with a role; the built-in worker of `CHORUS_WORK_DURATION_MS` unless told. */
  readonly worker?: RoleWorker;
  /** Whether to open the HTTP door (health, metrics, opportunities); true unless told. */
  readonly door?: boolean;
  /** JSON lines on standard output unless told; `agent_id` is added to each line. */
  readonly logger?: Logger;
  /** Told the logger as soon as there is one, for messages of the process around the agent. */
  readonly useLogger?: (logger: Logger) => void;
  /** Gives the start up, also while it waits for the broker. */
  readonly signal?: AbortSignal;
  /** Read for the `OTEL_…` variables; no tracing unless told. */
  readonly env?: NodeJS.ProcessEnv;
  /** 0 ≤ r < 1; spreads beats and answers. */
  readonly random?: () => number;
}

/** An agent that listens. */
export interface RunningAgent extends RunningService {
  readonly agentId: string;
  readonly instanceId: string;
  /** The port of the HTTP door; `undefined` without one. */
  readonly port: number | undefined;
  /** Says goodbye, finishes what is in hand, deletes its presence, closes the connection. */
  stop(): Promise<void>;
}

/**
 * Starts one agent with a broker connection of its own. Nothing is global: a process may start many.
 * @param config every setting
 * @param options what the caller brings along
 * @returns when the agent is known to coordinators and listens; waits for a broker that is not there yet
 * @throws what makes a start hopeless: a taken port, refused credentials, a broker without JetStream
 */
export async function startAgent(config: AgentConfig, options: AgentOptions = {}): Promise<RunningAgent> {
  const identity = identify(config);
  const parent = options.logger ?? createLogger({ name: 'chorus-agent', level: config.logLevel });
  const logger = parent.child({ agent_id: identity.agentId });
  options.useLogger?.(logger);
  const withDoor = options.door ?? true;
  // Without a door nobody scrapes: a process with a thousand agents does not sample its event loop a thousand times.
  const metrics = withDoor ? createMetrics() : undefined;
  const tracing = createTracing({
    serviceName: 'chorus-agent',
    serviceVersion: AGENT_VERSION,
    env: options.env ?? {},
    onError: (error) => logger.warn({ error }, 'Tracing is off: the exporter could not be loaded'),
  });
  const context: AgentContext = {
    identity,
    config,
    logger,
    tracing,
    standing: new Standing(),
    metrics: new AgentMetrics(
      metrics?.registry ?? new Registry(),
      connectionNameOf(identity.agentId),
      () => parts.membership.load().currentTasks,
    ),
  };
  let address: string | undefined;
  const parts: AgentParts = composeAgent(context, {
    worker: options.worker ?? new TimedWorker(config.workDurationMs),
    starting: options.signal ?? new AbortController().signal,
    eventLoopLagMs: () => metrics?.eventLoopLag.milliseconds() ?? 0,
    address: () => address,
    random: options.random ?? Math.random,
  });
  return run(parts, metrics, (port) => (address = doorAddress(config.host, port)));
}

async function run(parts: AgentParts, metrics: Metrics | undefined, onDoor: (port: number) => void): Promise<RunningAgent> {
  const { context, lifecycle } = parts;
  const { identity, config, logger, tracing } = context;
  let listening = false;
  const health = agentHealth(context, parts.broker, parts.beacon, () => listening);
  const door = metrics ? await openDoor(parts, health, metrics) : undefined;
  const letGo = async () => {
    await door?.stop();
    metrics?.stop();
    await tracing.shutdown();
  };
  try {
    if (door) onDoor(door.port);
    sayWho(context, door?.port);
    // abortOnError: otherwise Nest ends the process by itself.
    const app = await NestFactory.createMicroservice(AgentModule.of(parts), {
      strategy: parts.server,
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    await app.listen();
    listening = true;
    showSubscribed(context, true);
    sayListening(context, config.servers);
    const stop = async () => {
      listening = false;
      showSubscribed(context, false);
      await lifecycle.leave();
      await app.close();
      await letGo();
    };
    let stopping: Promise<void> | undefined;
    return { agentId: identity.agentId, instanceId: identity.instanceId, port: door?.port, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await lifecycle.abandon();
    await letGo();
    throw error;
  }
}

function showSubscribed({ metrics }: AgentContext, subscribed: boolean): void {
  for (const { pattern } of [SUBJECTS.forming, SUBJECTS.formingPerCouncil, SUBJECTS.status]) metrics.showSubscribed(pattern, subscribed);
}

function sayWho({ identity, logger, config }: AgentContext, port: number | undefined): void {
  const { agentName: agent_name, instanceId: instance_id, origin: id_origin } = identity;
  logger.info({ agent_name, instance_id, id_origin, port, version: AGENT_VERSION }, 'CHORUS agent starts');
  if (id_origin === 'random')
    logger.warn(
      { agent_name: config.agentName },
      'The agent id is random, so a restart looks like a new agent. Set CHORUS_AGENT_ID, or CHORUS_AGENT_NAME to CHORUS-Agent-{{.Task.Slot}}',
    );
}

function sayListening({ logger }: AgentContext, servers: readonly string[]): void {
  logger.info('Subscribed to NATS council topics');
  logger.info({ servers: servers.length }, 'CHORUS agent listening for council opportunities via NATS');
}
