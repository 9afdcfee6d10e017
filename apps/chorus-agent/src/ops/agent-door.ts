import { startOpsServer } from '@whoosh/service-runtime';
import type { HealthChecks, Metrics, OpsRoute, OpsServer } from '@whoosh/service-runtime';
import type { AgentParts } from '../agent.parts.js';
import { opportunityRoute } from '../opportunities/opportunities.controller.js';

/** Room for the largest valid opportunity. */
const BODY_LIMIT_BYTES = 1_048_576;

/**
 * Opens the agent's HTTP door: health, metrics, opportunities, and who the agent is.
 * @throws PortTakenError when another process listens on the port
 */
export function openDoor(parts: AgentParts, health: HealthChecks, metrics: Metrics): Promise<OpsServer> {
  const { config, logger } = parts.context;
  return startOpsServer({
    port: config.port,
    portSetting: 'CHORUS_AGENT_PORT',
    ...(config.host === undefined ? {} : { host: config.host }),
    health,
    metrics,
    routes: [opportunityRoute(parts.context, parts.opportunities), selfRoute(parts)],
    bodyLimitBytes: BODY_LIMIT_BYTES,
    onError: (error, request) => logger.error({ error, ...request }, 'An HTTP request failed'),
  });
}

/** Who the agent is and which roles it has: the presence as it would be told now. */
function selfRoute({ context, beacon, broker }: AgentParts): OpsRoute {
  const handle = () => ({
    json: { ...beacon.describe(), standing: context.standing.current, reason: context.standing.reason, connected: broker.isConnected() },
  });
  return { method: 'GET', path: '/api/v1/agent', handle };
}
