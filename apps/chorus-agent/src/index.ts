export { AGENT_ENV_PREFIXES, AgentConfig } from './config/agent.config.js';
export { loadAgentConfig } from './config/load-agent-config.js';
export { startAgent } from './start-agent.js';
export type { AgentOptions, RunningAgent } from './start-agent.js';
export type { Assignment, RoleWorker, WorkReport } from './work/role-worker.js';
export { TimedWorker } from './work/timed.worker.js';
