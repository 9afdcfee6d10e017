import { AgentPresence } from '@whoosh/council-contracts';
import type { AgentState, HeldRole } from '@whoosh/council-contracts';
import type { AgentConfig } from '../config/agent.config.js';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type { StandingState } from '../identity/standing.js';

/** What changes from beat to beat. */
export interface PresenceFacts {
  readonly standing: StandingState;
  readonly currentTasks: number;
  readonly holding: HeldRole[];
  readonly intervalMs: number;
  readonly seq: number;
  readonly startedAt: Date;
  readonly now: Date;
  readonly eventLoopLagMs: number;
  /** Where the HTTP door is; `undefined` without one. */
  readonly address?: string;
}

/** What does not change while the process runs. */
export interface PresenceSelf {
  readonly identity: AgentIdentity;
  readonly config: Pick<AgentConfig, 'maxTasks' | 'capabilities' | 'skills' | 'roles' | 'model' | 'node' | 'taskId'>;
  readonly version: string;
}

/**
 * One presence beat.
 * @param self who the agent is
 * @param facts how it is now
 * @returns a message for the bucket of agents
 */
export function describePresence(self: PresenceSelf, facts: PresenceFacts): AgentPresence {
  const { identity, config, version } = self;
  return Object.assign(new AgentPresence(), {
    agent_id: identity.agentId,
    instance_id: identity.instanceId,
    agent_name: identity.agentName,
    state: stateOf(facts, config.maxTasks),
    available_for_work: facts.standing === 'serving' && facts.currentTasks < config.maxTasks,
    current_tasks: facts.currentTasks,
    max_tasks: config.maxTasks,
    capabilities: allCapabilities(config),
    roles: config.roles,
    model: config.model,
    version,
    node: config.node,
    task_id: config.taskId,
    address: facts.address,
    interval_ms: facts.intervalMs,
    seq: facts.seq,
    started_at: facts.startedAt.toISOString(),
    ts: facts.now.toISOString(),
    holding: facts.holding,
    event_loop_lag_ms: facts.eventLoopLagMs,
  });
}

/** Capabilities and skills as one list, as coordinators match them: without repetition, in the order of configuration. */
export function allCapabilities(config: Pick<AgentConfig, 'capabilities' | 'skills'>): string[] {
  return [...new Set([...config.capabilities, ...config.skills])];
}

function stateOf({ standing, currentTasks }: PresenceFacts, maxTasks: number): AgentState {
  if (standing !== 'serving') return 'leaving';
  if (currentTasks >= maxTasks) return 'busy';
  return currentTasks > 0 ? 'working' : 'ready';
}
