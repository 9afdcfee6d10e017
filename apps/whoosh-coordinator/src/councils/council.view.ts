import type { CouncilStatus } from '@whoosh/council-contracts';
import type { RosterDocument } from '../deliveries/roster.document.js';
import { type CouncilDocument, engagedAgents, isFinal, type Reach } from './council.js';
import type { Stored } from './council.store.js';

/** A council in a line, for lists. */
export interface CouncilSummary {
  readonly council_id: string;
  readonly project_name: string;
  readonly repository: string;
  readonly status: CouncilStatus;
  readonly status_reason?: string;
  readonly attempt: number;
  readonly roles_filled: number;
  readonly roles_total: number;
  readonly reach: Reach;
  readonly created_at: string;
  readonly updated_at: string;
  readonly revision: number;
}

/** Which councils a list shows. `after`: only councils older than this one (the cursor). */
export interface CouncilFilter {
  readonly status?: readonly CouncilStatus[];
  readonly project?: string;
  readonly after?: { created_at: string; council_id: string };
  readonly limit: number;
}

/**
 * This replica's picture of all councils, fed by the bucket's watch and by its own writes. Whole documents are kept for open
 * councils only. It may lag: every decision from it is written by compare-and-set.
 */
export class CouncilView {
  private readonly open = new Map<string, Stored<CouncilDocument>>();
  private readonly summaries = new Map<string, CouncilSummary>();
  private readonly rosters = new Map<string, Stored<RosterDocument>>();
  private readonly engagements = new Map<string, Set<string>>();
  private readonly listeners = new Set<(summary: CouncilSummary) => void>();
  private highestRevision = 0;

  /** Takes in a revision. @returns false when it, or a later one, was known */
  apply(council: CouncilDocument, revision: number): boolean {
    const id = council.council_id;
    if ((this.summaries.get(id)?.revision ?? 0) >= revision) return false;
    this.disengage(id);
    if (isFinal(council)) {
      this.open.delete(id);
      this.rosters.delete(id);
    } else {
      this.open.set(id, { value: council, revision });
      for (const agentId of engagedAgents(council)) this.engage(agentId, id);
    }
    const summary = summarise(council, revision);
    this.summaries.set(id, summary);
    for (const listener of this.listeners) listener(summary);
    return true;
  }

  applyRoster(roster: RosterDocument, revision: number): void {
    const known = this.rosters.get(roster.council_id);
    if (known !== undefined && known.revision >= revision) return;
    const summary = this.summaries.get(roster.council_id);
    if (summary !== undefined && isFinal(summary)) return;
    this.rosters.set(roster.council_id, { value: roster, revision });
  }

  /** The watch has told everything up to this revision. Own writes do not count: one may be known before an earlier one of another replica. */
  reached(revision: number): void {
    this.highestRevision = Math.max(this.highestRevision, revision);
  }

  /** A deleted or purged council is forgotten; nothing of ours deletes one. */
  forget(councilId: string): void {
    this.disengage(councilId);
    this.open.delete(councilId);
    this.summaries.delete(councilId);
    this.rosters.delete(councilId);
  }

  /** The bucket was created anew: everything is told again. */
  clear(): void {
    for (const map of [this.open, this.summaries, this.rosters, this.engagements]) map.clear();
    this.highestRevision = 0;
  }

  /** @returns the council as last seen, when it is open */
  get(councilId: string): Stored<CouncilDocument> | undefined {
    return this.open.get(councilId);
  }

  summary(councilId: string): CouncilSummary | undefined {
    return this.summaries.get(councilId);
  }

  openCouncils(): IterableIterator<Stored<CouncilDocument>> {
    return this.open.values();
  }

  roster(councilId: string): Stored<RosterDocument> | undefined {
    return this.rosters.get(councilId);
  }

  /** Who the attempt was announced to. @returns undefined while that is not known here */
  expected(councilId: string, attempt: number): readonly string[] | undefined {
    const roster = this.rosters.get(councilId)?.value;
    return roster?.attempt === attempt ? roster.expected.map((agent) => agent.agent_id) : undefined;
  }

  councilsHeld(agentId: string): number {
    return this.engagements.get(agentId)?.size ?? 0;
  }

  councilsOf(agentId: string): readonly string[] {
    return [...(this.engagements.get(agentId) ?? [])];
  }

  /** Up to which revision of the bucket everything is known: the position in the stream of changes. */
  get revision(): number {
    return this.highestRevision;
  }

  /** @returns matching councils, newest first, and whether there are more */
  list(filter: CouncilFilter): { councils: CouncilSummary[]; more: boolean } {
    const matching = [...this.summaries.values()].filter((summary) => matches(summary, filter)).sort(newestFirst);
    return { councils: matching.slice(0, filter.limit), more: matching.length > filter.limit };
  }

  /** Councils that changed after a revision, in the order of their changes. */
  changedSince(revision: number): CouncilSummary[] {
    return [...this.summaries.values()].filter((summary) => summary.revision > revision).sort((a, b) => a.revision - b.revision);
  }

  /** @returns how many councils are in each status */
  counts(): Map<CouncilStatus, number> {
    const counts = new Map<CouncilStatus, number>();
    for (const { status } of this.summaries.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    return counts;
  }

  /** @returns a function that ends the listening */
  onChange(listener: (summary: CouncilSummary) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private engage(agentId: string, councilId: string): void {
    const councils = this.engagements.get(agentId) ?? new Set();
    this.engagements.set(agentId, councils.add(councilId));
  }

  private disengage(councilId: string): void {
    const before = this.open.get(councilId)?.value;
    if (before === undefined) return;
    for (const agentId of engagedAgents(before)) {
      const councils = this.engagements.get(agentId);
      councils?.delete(councilId);
      if (councils?.size === 0) this.engagements.delete(agentId);
    }
  }
}

function summarise(council: CouncilDocument, revision: number): CouncilSummary {
  return {
    council_id: council.council_id,
    project_name: council.project_name,
    repository: council.repository,
    status: council.status,
    ...(council.status_reason === undefined ? {} : { status_reason: council.status_reason }),
    attempt: council.attempt,
    roles_filled: council.roles.filter((role) => role.state === 'filled' || role.done_at !== undefined).length,
    roles_total: council.roles.length,
    reach: council.reach,
    created_at: council.created_at,
    updated_at: council.updated_at,
    revision,
  };
}

function matches(summary: CouncilSummary, filter: CouncilFilter): boolean {
  if (filter.status !== undefined && !filter.status.includes(summary.status)) return false;
  if (filter.project !== undefined && summary.project_name !== filter.project) return false;
  return filter.after === undefined || newestFirst(filter.after, summary) < 0;
}

function newestFirst(a: { created_at: string; council_id: string }, b: { created_at: string; council_id: string }): number {
  if (a.created_at !== b.created_at) return a.created_at > b.created_at ? -1 : 1;
  return a.council_id === b.council_id ? 0 : a.council_id > b.council_id ? -1 : 1;
}
