import type { RosterDocument } from '../deliveries/roster.document.js';
import type { CouncilDocument } from './council.js';

/** A document and the revision it is stored under; a revision is a broker-wide growing number. */
export interface Stored<T> {
  readonly value: T;
  readonly revision: number;
}

/** One revision of a council. */
export interface CouncilRevision extends Stored<CouncilDocument> {
  readonly storedAt: Date;
}

/** Where councils live. Every write is a compare-and-set. */
export interface CouncilStore {
  /** @throws RevisionConflictError when the council exists */
  create(council: CouncilDocument): Promise<number>;
  /** @returns the stored council, read from the leader; undefined when there is none */
  get(councilId: string): Promise<Stored<CouncilDocument> | undefined>;
  /** @throws RevisionConflictError when the council is at another revision: read again and decide again */
  update(council: CouncilDocument, expectedRevision: number): Promise<number>;
  /** @returns every stored revision, oldest first; at most 64; empty when there is none */
  history(councilId: string): Promise<CouncilRevision[]>;
  /** @returns the delivery record of the last announcement */
  getRoster(councilId: string): Promise<Stored<RosterDocument> | undefined>;
  /** @throws RevisionConflictError when there is one already */
  createRoster(roster: RosterDocument): Promise<number>;
  /** @throws RevisionConflictError when another replica changed it */
  updateRoster(roster: RosterDocument, expectedRevision: number): Promise<number>;
  /** @returns every stored delivery record, oldest first */
  rosterHistory(councilId: string): Promise<RosterDocument[]>;
}

export const COUNCIL_STORE = Symbol('CouncilStore');
