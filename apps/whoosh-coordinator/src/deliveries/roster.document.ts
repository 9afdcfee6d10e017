import type { AgentAnswer } from '../councils/award.js';

/** One agent that an announcement was meant for, and what became of it. */
export interface ExpectedAgent {
  readonly agent_id: string;
  readonly instance_id: string;
  readonly agent_name: string;
}

/** An answer as the ledger keeps it. Times are RFC 3339. */
export interface LedgerAnswer {
  readonly agent_id: string;
  readonly agent_name: string;
  readonly response: AgentAnswer['response'];
  readonly reason?: string;
  readonly via: 'nats' | 'http';
  readonly received_at: string;
  readonly answered_at: string;
  readonly delivery_count: number;
}

/**
 * The delivery record of one announcement: key `<councilId>.roster`. Each attempt writes a new revision, so the history holds all.
 * `answers` are written once, when the answers are all in or the window is over.
 */
export interface RosterDocument {
  readonly schema_version: '1.0';
  readonly council_id: string;
  readonly attempt: number;
  readonly published_at: string;
  readonly stream_sequence?: number;
  readonly expected: ExpectedAgent[];
  readonly closed_at?: string;
  readonly answers?: LedgerAnswer[];
}
