import type { CouncilStatusUpdate } from '@whoosh/council-contracts';
import { isFinal } from './membership.js';

interface CouncilView {
  readonly revision: number;
  readonly over: boolean;
  readonly generations: Record<string, number>;
}

/** How many councils are remembered; the oldest heard of is forgotten first. */
const REMEMBERED_COUNCILS = 2_000;

/** What this agent has heard of each council: enough to tell a stale update or offer from a new one. */
export class CouncilMemory {
  private readonly councils = new Map<string, CouncilView>();

  constructor(private readonly limit = REMEMBERED_COUNCILS) {}

  /**
   * Takes an update in.
   * @returns false when it is older than, or the same as, one heard before: nothing follows from it
   */
  hear(update: CouncilStatusUpdate): boolean {
    const known = this.councils.get(update.council_id);
    if (known !== undefined && update.revision <= known.revision) return false;
    const generations = Object.fromEntries(update.roles.map((role) => [role.role_name, role.generation]));
    this.remember(update.council_id, { revision: update.revision, over: isFinal(update.status), generations });
    return true;
  }

  /** Whether the council is known to have ended. */
  isOver(councilId: string): boolean {
    return this.councils.get(councilId)?.over ?? false;
  }

  /** The highest generation of a role heard of; 0 when none. */
  generationOf(councilId: string, roleName: string): number {
    return this.councils.get(councilId)?.generations[roleName] ?? 0;
  }

  private remember(councilId: string, view: CouncilView): void {
    this.councils.delete(councilId);
    this.councils.set(councilId, view);
    if (this.councils.size <= this.limit) return;
    const [oldest] = this.councils.keys();
    if (oldest !== undefined) this.councils.delete(oldest);
  }
}
