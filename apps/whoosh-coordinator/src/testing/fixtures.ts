import type { AgentPresence } from '@whoosh/council-contracts';
import type { AgentAnswer } from '../councils/award.js';
import type { CouncilDocument } from '../councils/council.js';
import { type CouncilFact, stamp } from '../councils/council.events.js';
import { foundationOf } from '../councils/commands.js';
import { type DecisionContext, decide } from '../councils/decide.js';
import { evolveAll, found } from '../councils/evolve.js';
import { assess, type Beat } from '../roster/roster.js';

/** The time at which the councils of these tests are requested. */
export const T0 = Date.parse('2026-01-01T12:00:00.000Z');

export const at = (ms: number): string => new Date(ms).toISOString();

/** A pending council of the given roles. */
export function aCouncil(core: string[], optional: string[] = [], overrides: Partial<CouncilDocument> = {}): CouncilDocument {
  const role = (required: boolean) => (role_name: string) => ({ role_name, required, required_skills: [] });
  const request = { project_name: 'p', repository: 'r', core_roles: core.map(role(true)), optional_roles: optional.map(role(false)) };
  const foundation = foundationOf(request, 'c1', { formationTimeoutMs: 60_000, claimWindowMs: 5_000, responseJitterMs: 0 }, T0);
  const [created] = stamp([{ type: 'council_created' }], 'w1', at(T0));
  if (created === undefined) throw new Error('no event');
  return { ...found(foundation, created), ...overrides };
}

/** A council whose first announcement went out at `T0`. */
export function aFormingCouncil(core: string[], optional: string[] = [], expected = 2): CouncilDocument {
  return apply(aCouncil(core, optional), [
    { type: 'opportunity_published', attempt: 1, published_at: at(T0), window_ends_at: at(T0 + 5_000), stream_sequence: 7, expected },
  ]);
}

export function apply(council: CouncilDocument, facts: CouncilFact[], nowMs = T0): CouncilDocument {
  return evolveAll(council, stamp(facts, 'w1', at(nowMs)));
}

/** An agent's answer that bids for roles with a confidence each. */
export function anAnswer(agentId: string, bids: Record<string, number>, overrides: Partial<AgentAnswer> = {}): AgentAnswer {
  return {
    agent_id: agentId,
    instance_id: `${agentId}-i1`,
    agent_name: agentId.toUpperCase(),
    attempt: 1,
    response: Object.keys(bids).length > 0 ? 'claim' : 'decline',
    bids: Object.entries(bids).map(([role_name, confidence]) => ({ role_name, confidence })),
    capabilities: [],
    expires_at: at(T0 + 60_000),
    received_at: at(T0 + 5),
    answered_at: at(T0 + 10),
    delivery_count: 1,
    via: 'nats',
    ...overrides,
  };
}

export function aBeat(agentId: string, overrides: Partial<AgentPresence> = {}, seenAtMs = T0): Beat {
  const presence: AgentPresence = {
    schema_version: '1.0',
    agent_id: agentId,
    instance_id: `${agentId}-i1`,
    agent_name: agentId.toUpperCase(),
    state: 'ready',
    available_for_work: true,
    current_tasks: 0,
    max_tasks: 3,
    capabilities: [],
    roles: [],
    version: '0.1.0',
    interval_ms: 10_000,
    seq: 1,
    started_at: at(T0 - 60_000),
    ts: at(seenAtMs),
    holding: [],
    event_loop_lag_ms: 0,
    ...overrides,
  };
  return { presence, seenAtMs };
}

/** What a replica knows: the given agents are there, and answered as given. */
export function aContext(beats: Beat[], answers: AgentAnswer[], overrides: Partial<DecisionContext> = {}): DecisionContext {
  const nowMs = overrides.nowMs ?? T0 + 100;
  return {
    nowMs,
    replicaId: 'w1',
    roster: assess(new Map(beats.map((beat) => [beat.presence.agent_id, beat])), T0 - 60_000, nowMs),
    answers,
    expected: beats.map((beat) => beat.presence.agent_id),
    councilsHeld: () => 0,
    offerId: (council, role, generation) => `${council}/${role}/${generation}`,
    offerTimeoutMs: 5_000,
    takeOverAfterMs: 1_000,
    ...overrides,
  };
}

/** Decides and applies: what one replica makes of the council now. */
export function moveOn(council: CouncilDocument, context: DecisionContext): CouncilDocument {
  return apply(council, decide(council, context), context.nowMs);
}
