import { brokerHealth } from '@whoosh/jetstream';
import type { Broker } from '@whoosh/jetstream';
import { HealthChecks } from '@whoosh/service-runtime';
import type { AgentContext } from '../agent-context.js';
import type { PresenceBeacon } from '../presence/presence.beacon.js';

/** How many intervals may pass without a stored beat before coordinators take the agent for gone. */
const MISSED_BEATS = 3;

/**
 * Live: the process answers. Ready: the broker answers, coordinators see the agent, it listens, and no newer process has its id.
 * @param isListening whether the consumers run
 */
export function agentHealth(agent: AgentContext, broker: Broker, beacon: PresenceBeacon, isListening: () => boolean): HealthChecks {
  const health = new HealthChecks();
  health.register('process', () => ({ ok: true }), 'live');
  health.register('nats', async () => ({ ...(await brokerHealth(broker)) }), 'ready');
  health.register('presence', () => presenceHealth(beacon, new Date()), 'ready');
  health.register('subscriptions', () => (isListening() ? { ok: true } : { ok: false, reason: 'not subscribed yet' }), 'ready');
  health.register('standing', () => ({ ok: agent.standing.current === 'serving', ...reasonOf(agent) }), 'ready');
  return health;
}

function presenceHealth(beacon: PresenceBeacon, now: Date) {
  const { lastBeatAt, intervalMs } = beacon;
  if (lastBeatAt === undefined) return { ok: false, reason: 'no presence beat was stored yet' };
  const ageMs = now.getTime() - lastBeatAt.getTime();
  return { ok: ageMs < MISSED_BEATS * intervalMs, last_beat: lastBeatAt.toISOString(), age_ms: ageMs };
}

function reasonOf({ standing }: AgentContext) {
  return standing.reason === undefined ? {} : { state: standing.current, reason: standing.reason };
}
