import type { Logger, Tracing } from '@whoosh/service-runtime';
import type { AgentConfig } from './config/agent.config.js';
import type { AgentIdentity } from './identity/agent-identity.js';
import type { Standing } from './identity/standing.js';
import type { AgentMetrics } from './metrics/agent.metrics.js';

/** What every part of one running agent shares. A process may run many agents, so nothing of this is global. */
export interface AgentContext {
  readonly identity: AgentIdentity;
  readonly config: AgentConfig;
  readonly standing: Standing;
  readonly logger: Logger;
  readonly metrics: AgentMetrics;
  readonly tracing: Tracing;
}

/** The injection token of {@link AgentContext}. */
export const AGENT_CONTEXT = Symbol('AgentContext');
