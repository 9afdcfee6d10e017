import { loadConfig } from '@whoosh/service-runtime';
import { AGENT_ENV_PREFIXES, AgentConfig } from './agent.config.js';

/**
 * The configuration of one agent.
 * @param env the environment, or a part of one for an agent inside another process
 * @throws ConfigError listing every bad setting and every unknown `CHORUS_` variable
 */
export function loadAgentConfig(env: NodeJS.ProcessEnv): AgentConfig {
  return loadConfig(AgentConfig, { env, ownPrefixes: AGENT_ENV_PREFIXES });
}
