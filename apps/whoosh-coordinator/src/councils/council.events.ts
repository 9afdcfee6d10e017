import type { OpportunityReason } from '@whoosh/council-contracts';
import type { CouncilDocument, Reach, RoleBidBook, RoleHolder } from './council.js';

/** The facts of a new council: everything that never changes, and its first announcement. */
export type CouncilFoundation = Pick<
  CouncilDocument,
  | 'council_id'
  | 'project_name'
  | 'repository'
  | 'project_brief'
  | 'ucxl_address'
  | 'metadata'
  | 'core_roles'
  | 'optional_roles'
  | 'formation_deadline'
  | 'claim_window_ms'
  | 'response_jitter_ms'
  | 'allow_partial'
  | 'request_hash'
  | 'traceparent'
>;

/** A role given to a bidder: it becomes an offer. */
export interface Assignment extends RoleHolder {
  readonly role_name: string;
  readonly generation: number;
  readonly offer_id: string;
}

interface Happened {
  /** When, by the clock of the replica that decided it. */
  readonly at: string;
  /** The replica that decided it. */
  readonly by: string;
}

/**
 * Everything that can happen to a council, past tense. Each revision of the document stores the events that made it.
 * `council_created` copies nothing: the foundation is in the document itself.
 */
export type CouncilEvent = Happened &
  (
    | { readonly type: 'council_created' }
    | {
        readonly type: 'announcement_decided';
        readonly attempt: number;
        readonly reason: OpportunityReason;
        readonly open_roles: string[];
        /** Of the attempt before. */ readonly reach?: Reach;
      }
    | {
        readonly type: 'opportunity_published';
        readonly attempt: number;
        readonly published_at: string;
        readonly window_ends_at: string;
        readonly stream_sequence?: number;
        readonly expected: number;
      }
    | {
        readonly type: 'roles_awarded';
        readonly assignments: Assignment[];
        readonly offer_expires_at: string;
        readonly bid_book: RoleBidBook[];
        readonly reach: Reach;
      }
    | { readonly type: 'offer_accepted'; readonly role_name: string; readonly generation: number }
    | { readonly type: 'offer_failed'; readonly role_name: string; readonly generation: number; readonly reason: string }
    | { readonly type: 'role_lost'; readonly role_name: string; readonly generation: number; readonly reason: string }
    | { readonly type: 'role_done'; readonly role_name: string; readonly generation: number }
    | { readonly type: 'council_reforming'; readonly reason: string }
    | { readonly type: 'council_activated' }
    | { readonly type: 'council_degraded'; readonly reason: string; readonly reach?: Reach }
    | { readonly type: 'council_completed'; readonly reason: string }
    | { readonly type: 'council_failed'; readonly reason: string }
    | { readonly type: 'council_cancelled'; readonly reason: string }
    | { readonly type: 'council_expired'; readonly reason: string; readonly reach?: Reach }
  );

/** One event without who and when; `stamp` adds them. */
export type CouncilFact = CouncilEvent extends infer Event ? (Event extends Happened ? Omit<Event, keyof Happened> : never) : never;

/** Adds who decided and when. */
export function stamp(facts: readonly CouncilFact[], by: string, at: string): CouncilEvent[] {
  return facts.map((fact) => ({ ...fact, at, by }) as CouncilEvent);
}
