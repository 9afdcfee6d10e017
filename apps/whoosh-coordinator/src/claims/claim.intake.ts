import type { RoleClaim } from '@whoosh/council-contracts';
import { SUBJECTS } from '@whoosh/council-contracts';
import type { CouncilView } from '../councils/council.view.js';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import { answerOf, type ClaimBook } from './claim-book.js';

/** What the intake works with. */
export interface ClaimIntakeParts {
  readonly book: ClaimBook;
  readonly view: CouncilView;
  readonly metrics: CoordinatorMetrics;
  /** Called when a council may have all its answers. */
  readonly poke: (councilId: string) => void;
}

/** Puts answers into the book. The same answer twice is one. */
export class ClaimIntake {
  constructor(private readonly parts: ClaimIntakeParts) {}

  /** @param storedAt when the broker stored the claim */
  take(claim: RoleClaim, storedAt: Date): void {
    const { book, view, metrics, poke } = this.parts;
    const councilId = claim.council_id;
    metrics.received(SUBJECTS.claims.pattern);
    const answered = book.add(councilId, answerOf(claim, storedAt), Date.now());
    if (answered === undefined) return;
    metrics.claimed(claim.response);
    const council = view.get(councilId)?.value;
    if (council?.announcement.published_at !== undefined && claim.attempt === council.attempt) {
      metrics.answered(Math.max(0, storedAt.getTime() - Date.parse(council.announcement.published_at)));
    }
    const expected = view.roster(councilId)?.value.expected.length;
    if (expected === undefined || answered >= expected) poke(councilId);
  }
}
