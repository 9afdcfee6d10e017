import type { AgentAnswer } from '../councils/award.js';
import type { LedgerAnswer, RosterDocument } from './roster.document.js';

/** What became of one announcement for one agent. `delivered`: acknowledged, no answer stored. */
export type DeliveryState = 'answered' | 'delivered' | 'pending' | 'missing';

/** One line of the ledger. Times are RFC 3339, `latency_ms` is publish to stored answer. */
export interface Delivery {
  readonly attempt: number;
  readonly agent_id: string;
  readonly agent_name: string;
  /** False for an agent that answered without having been there at the announcement. */
  readonly expected: boolean;
  readonly state: DeliveryState;
  readonly response?: AgentAnswer['response'];
  readonly reason?: string;
  readonly via?: 'nats' | 'http';
  readonly received_at?: string;
  readonly answered_at?: string;
  readonly latency_ms?: number;
  readonly delivery_count?: number;
}

/** The ledger of one announcement. `delivery_rate`: answered or delivered over expected, 0..1; 1 where nobody was expected. */
export interface AttemptLedger {
  readonly attempt: number;
  readonly published_at: string;
  readonly stream_sequence?: number;
  readonly closed_at?: string;
  readonly expected: number;
  readonly answered: number;
  readonly delivered: number;
  readonly missing: number;
  readonly delivery_rate: number;
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly p99_ms?: number;
  readonly deliveries: Delivery[];
}

/** What is known beside the record: answers read from the claims stream, and which agents' consumers are past the message. */
export interface LedgerEvidence {
  readonly answers: readonly AgentAnswer[];
  /** Agents whose own consumer has acknowledged the announcement. */
  readonly acknowledged: ReadonlySet<string>;
  /** Whether nobody waits for answers any more; who has not answered then is missing, not pending. */
  readonly over: boolean;
}

/** Characters of a reason that the record keeps: it has to hold thousands of answers. The claims stream has the whole. */
const MAX_REASON = 160;

/** An answer as the record keeps it. */
export function ledgerAnswerOf(answer: AgentAnswer): LedgerAnswer {
  const { agent_id, agent_name, response, reason, via, received_at, answered_at, delivery_count } = answer;
  return {
    agent_id,
    agent_name,
    response,
    ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) }),
    via,
    received_at,
    answered_at,
    delivery_count,
  };
}

/**
 * The ledger of one announcement. Pure.
 * @param roster the record: who was expected, and the answers if it is closed
 */
export function ledgerOf(roster: RosterDocument, evidence: LedgerEvidence): AttemptLedger {
  const answers = new Map<string, LedgerAnswer>((roster.answers ?? []).map((answer) => [answer.agent_id, answer]));
  for (const answer of evidence.answers) {
    if (answer.attempt === roster.attempt && !answers.has(answer.agent_id)) answers.set(answer.agent_id, ledgerAnswerOf(answer));
  }
  const publishedAtMs = Date.parse(roster.published_at);
  const line = (agent: { agent_id: string; agent_name: string }, expected: boolean): Delivery => {
    const base = { attempt: roster.attempt, agent_id: agent.agent_id, agent_name: agent.agent_name, expected };
    const answer = answers.get(agent.agent_id);
    if (answer !== undefined) {
      const { agent_id: _id, agent_name: _name, ...said } = answer;
      return { ...base, state: 'answered', ...said, latency_ms: Math.max(0, Date.parse(answer.answered_at) - publishedAtMs) };
    }
    if (evidence.acknowledged.has(agent.agent_id)) return { ...base, state: 'delivered' };
    return { ...base, state: roster.closed_at === undefined && !evidence.over ? 'pending' : 'missing' };
  };
  const wanted = new Set(roster.expected.map((agent) => agent.agent_id));
  const deliveries = [
    ...roster.expected.map((agent) => line(agent, true)),
    ...[...answers.values()].filter((answer) => !wanted.has(answer.agent_id)).map((answer) => line(answer, false)),
  ];
  return { ...totalsOf(roster, deliveries), deliveries };
}

function totalsOf(roster: RosterDocument, deliveries: readonly Delivery[]): Omit<AttemptLedger, 'deliveries'> {
  const expected = deliveries.filter((delivery) => delivery.expected);
  const count = (state: DeliveryState) => expected.filter((delivery) => delivery.state === state).length;
  const answered = count('answered');
  const delivered = count('delivered');
  const latencies = deliveries.flatMap((delivery) => delivery.latency_ms ?? []).sort((a, b) => a - b);
  return {
    attempt: roster.attempt,
    published_at: roster.published_at,
    ...(roster.stream_sequence === undefined ? {} : { stream_sequence: roster.stream_sequence }),
    ...(roster.closed_at === undefined ? {} : { closed_at: roster.closed_at }),
    expected: expected.length,
    answered,
    delivered: answered + delivered,
    missing: count('missing'),
    delivery_rate: expected.length === 0 ? 1 : (answered + delivered) / expected.length,
    ...(latencies.length === 0
      ? {}
      : { p50_ms: percentile(latencies, 0.5), p95_ms: percentile(latencies, 0.95), p99_ms: percentile(latencies, 0.99) }),
  };
}

/** @param sorted ascending, not empty */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** The last record of each attempt, in the order of the attempts: later revisions of the same attempt carry its answers. */
export function lastPerAttempt(revisions: readonly RosterDocument[]): RosterDocument[] {
  const last = new Map<number, RosterDocument>();
  for (const roster of revisions) last.set(roster.attempt, roster);
  return [...last.values()].sort((a, b) => a.attempt - b.attempt);
}
