import { createMetrics, createTracing } from '@whoosh/service-runtime';
import type { Logger } from '@whoosh/service-runtime';
import { CouncilOpportunity, CouncilStatusUpdate, RoleOffer, validate } from '@whoosh/council-contracts';
import type { AgentContext } from '../agent-context.js';
import { loadAgentConfig } from '../config/load-agent-config.js';
import { Standing } from '../identity/standing.js';
import { AgentMetrics } from '../metrics/agent.metrics.js';

/** One line that a part logged. */
export interface LoggedLine {
  readonly level: string;
  readonly sentence: string;
  readonly fields: Record<string, unknown>;
}

/** A logger that keeps what is said. */
export function recordingLogger(): { logger: Logger; lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: string) =>
    (fields: Record<string, unknown> | string, sentence = ''): void =>
      void lines.push(typeof fields === 'string' ? { level, sentence: fields, fields: {} } : { level, sentence, fields });
  const logger: Record<string, unknown> = Object.fromEntries(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, at(level)]),
  );
  logger['child'] = () => logger;
  return { logger: logger as unknown as Logger, lines };
}

/** What the parts of an agent share, without a broker. */
export function anAgentContext(env: NodeJS.ProcessEnv = {}): AgentContext & { lines: LoggedLine[] } {
  const metrics = createMetrics();
  metrics.stop();
  const { logger, lines } = recordingLogger();
  return {
    identity: { agentId: 'agent-1', instanceId: 'instance-1', agentName: 'CHORUS-Agent-1', origin: 'explicit' },
    config: loadAgentConfig(env),
    standing: new Standing(),
    logger,
    lines,
    metrics: new AgentMetrics(metrics.registry, 'CHORUS Agent agent-1', () => 0),
    tracing: createTracing({ serviceName: 'test', env: {} }),
  };
}

/** An opportunity with two core roles whose deadline is a minute away. */
export function anOpportunityFor(councilId: string, overrides: object = {}): CouncilOpportunity {
  const now = Date.now();
  return validate(CouncilOpportunity, {
    schema_version: '1.0',
    council_id: councilId,
    project_name: 'Phoenix',
    repository: 'https://git.example.org/phoenix',
    project_brief: 'Rise.',
    core_roles: [
      { role_name: 'tpm', required: true, required_skills: [] },
      { role_name: 'developer', required: true, required_skills: [] },
    ],
    optional_roles: [],
    ucxl_address: 'ucxl://any:any@phoenix:council',
    formation_deadline: new Date(now + 60_000).toISOString(),
    created_at: new Date(now).toISOString(),
    metadata: {},
    ...overrides,
  });
}

/** An offer of the role `developer`, valid for two seconds. */
export function anOfferFor(councilId: string, overrides: object = {}): RoleOffer {
  return validate(RoleOffer, {
    offer_id: `offer-${councilId}-1`,
    council_id: councilId,
    role_name: 'developer',
    generation: 1,
    offer_expires_at: new Date(Date.now() + 2_000).toISOString(),
    opportunity: anOpportunityFor(councilId),
    ...overrides,
  });
}

/** A status in which this agent has the role `developer` under generation 1. */
export function aStatusFor(councilId: string, revision: number, overrides: object = {}): CouncilStatusUpdate {
  return validate(CouncilStatusUpdate, {
    schema_version: '1.0',
    council_id: councilId,
    status: 'active',
    revision,
    roles: [{ role_name: 'developer', state: 'filled', generation: 1, agent_id: 'agent-1' }],
    reach: { expected: 1, answered: 1 },
    updated_at: new Date().toISOString(),
    ...overrides,
  });
}
