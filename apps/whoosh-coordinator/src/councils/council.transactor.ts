import { RevisionConflictError } from '@whoosh/jetstream';
import type { CouncilDocument } from './council.js';
import { type CouncilFact, stamp } from './council.events.js';
import { CouncilNotFoundError } from './council.errors.js';
import { isFinal, timestamp } from './council.js';
import type { CouncilStore, Stored } from './council.store.js';
import type { CouncilView } from './council.view.js';
import { evolveAll } from './evolve.js';

/** A compare-and-set of this replica that won. */
export interface Committed {
  readonly before: CouncilDocument;
  readonly after: CouncilDocument;
  readonly revision: number;
}

/** What follows a won compare-and-set: side effects, each idempotent. Must not throw. */
export type CommitListener = (committed: Committed) => void;

/**
 * Changes councils by compare-and-set, one at a time per council within this replica.
 * A lost race is no error: the winner's document is read and everything is decided anew.
 */
export class CouncilTransactor {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly listeners: CommitListener[] = [];
  /** Compare-and-sets that another replica won. */
  lostRaces = 0;

  constructor(
    private readonly store: CouncilStore,
    private readonly view: CouncilView,
    private readonly decideNow: (council: CouncilDocument) => CouncilFact[],
    private readonly replicaId: string,
  ) {}

  onCommit(listener: CommitListener): void {
    this.listeners.push(listener);
  }

  /**
   * Applies a command, and whatever is due after it, in one revision.
   * @param command facts from the council as it stands; called again after a lost race
   * @returns the council as it stands afterwards, changed or not
   * @throws CouncilNotFoundError; whatever the command throws; the store's errors other than a lost race
   */
  async transact(councilId: string, command: (council: CouncilDocument) => CouncilFact[]): Promise<Stored<CouncilDocument>> {
    const turn = (this.running.get(councilId) ?? Promise.resolve()).catch(() => undefined).then(() => this.attempt(councilId, command));
    this.running.set(councilId, turn);
    try {
      return await turn;
    } finally {
      if (this.running.get(councilId) === turn) this.running.delete(councilId);
    }
  }

  /** Ends the council with this one fact, and nothing that is due besides. */
  end(councilId: string, fact: CouncilFact): Promise<Stored<CouncilDocument>> {
    return this.transact(councilId, (council) => (isFinal(council) ? [] : [fact]));
  }

  /** Does whatever is due now. */
  evaluate(councilId: string): Promise<Stored<CouncilDocument>> {
    return this.transact(councilId, () => []);
  }

  private async attempt(councilId: string, command: (council: CouncilDocument) => CouncilFact[]): Promise<Stored<CouncilDocument>> {
    let stored = this.view.get(councilId) ?? (await this.read(councilId));
    for (;;) {
      const after = this.next(stored.value, command);
      if (after === undefined) return stored;
      try {
        const revision = await this.store.update(after, stored.revision);
        this.view.apply(after, revision);
        for (const listener of this.listeners) listener({ before: stored.value, after, revision });
        return { value: after, revision };
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
        this.lostRaces += 1;
        stored = await this.read(councilId);
        this.view.apply(stored.value, stored.revision);
      }
    }
  }

  private next(council: CouncilDocument, command: (council: CouncilDocument) => CouncilFact[]): CouncilDocument | undefined {
    const at = timestamp(Date.now());
    const commanded = stamp(command(council), this.replicaId, at);
    const changed = evolveAll(council, commanded);
    // Agents may have answered before this is written; the award is a revision of its own all the same, so that `forming` is seen.
    const announced = commanded.some((event) => event.type === 'opportunity_published');
    const due = announced ? [] : stamp(this.decideNow(changed), this.replicaId, at);
    const events = [...commanded, ...due];
    return events.length === 0 ? undefined : evolveAll(council, events);
  }

  private async read(councilId: string): Promise<Stored<CouncilDocument>> {
    const stored = await this.store.get(councilId);
    if (stored === undefined) throw new CouncilNotFoundError(councilId);
    return stored;
  }
}
