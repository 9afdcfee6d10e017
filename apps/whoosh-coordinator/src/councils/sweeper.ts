import { PublishRefusedError } from '@whoosh/jetstream';
import type { Logger } from '@whoosh/service-runtime';
import type { ClaimBook } from '../claims/claim-book.js';
import type { LedgerService } from '../deliveries/ledger.service.js';
import type { StatusPublisher } from '../status/status.publisher.js';
import type { Announcer } from './announcer.js';
import { type CouncilDocument, isFinal } from './council.js';
import type { CouncilStore, Stored } from './council.store.js';
import type { CouncilTransactor } from './council.transactor.js';
import type { CouncilView } from './council.view.js';
import { decide, type DecisionContext, isCollected } from './decide.js';

/** What the sweeper works with. */
export interface SweeperParts {
  readonly view: CouncilView;
  readonly store: CouncilStore;
  readonly transactor: CouncilTransactor;
  readonly announcer: Announcer;
  readonly ledger: LedgerService;
  readonly status: StatusPublisher;
  readonly claims: ClaimBook;
  readonly contextOf: (council: CouncilDocument) => DecisionContext;
}

/**
 * Looks at every open council again and again and does what is due: deadlines, losses, and what another replica left undone.
 * Level-triggered: it needs no event and no memory, so a missed one costs a tenth of a second, not a council.
 */
export class Sweeper {
  private readonly poked = new Set<string>();
  private readonly statusDue = new Map<string, { revision: number; atMs: number }>();
  private readonly closing = new Set<string>();
  private readonly busy = new Set<string>();
  private readonly pausedUntil = new Map<string, { atMs: number; failures: number }>();
  private wake: (() => void) | undefined;

  constructor(
    private readonly parts: SweeperParts,
    private readonly logger: Logger,
  ) {}

  /** Looks at the council at once, not at the next round. */
  poke(councilId: string): void {
    this.poked.add(councilId);
    this.wake?.();
  }

  /** Makes sure, a little later, that the status of this revision is out, whoever should have published it. */
  verifyStatus(councilId: string, revision: number): void {
    this.statusDue.set(councilId, { revision, atMs: Date.now() + VERIFY_STATUS_AFTER_MS });
  }

  /** Sweeps until the signal. @returns when the last round is over */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
    let everyoneAtMs = 0;
    while (!signal.aborted) {
      const nowMs = Date.now();
      const everyone = nowMs >= everyoneAtMs;
      if (everyone) everyoneAtMs = nowMs + EVERYONE_EVERY_MS;
      this.round(everyone, nowMs);
      await this.rest();
    }
  }

  private round(everyone: boolean, nowMs: number): void {
    const poked = new Set(this.poked);
    this.poked.clear();
    for (const stored of [...this.parts.view.openCouncils()]) {
      if (everyone || poked.has(stored.value.council_id) || isForming(stored.value)) this.look(stored, nowMs);
    }
    for (const [councilId, due] of this.statusDue) {
      if (due.atMs > nowMs) continue;
      this.statusDue.delete(councilId);
      void this.ensureStatus(councilId, due.revision);
    }
    if (everyone) for (const id of this.pausedUntil.keys()) if (this.parts.view.get(id) === undefined) this.pausedUntil.delete(id);
    if (everyone) this.parts.claims.keepOnly((councilId) => this.wantsAnswers(councilId), nowMs);
  }

  private look({ value: council }: Stored<CouncilDocument>, nowMs: number): void {
    const id = council.council_id;
    const context = this.parts.contextOf(council);
    this.closeLedger(council, context);
    const { announcement } = council;
    if (announcement.published_at === undefined && nowMs >= Date.parse(announcement.decided_at) + context.takeOverAfterMs) {
      void this.parts.announcer.announce(council);
    }
    if (this.busy.has(id) || (this.pausedUntil.get(id)?.atMs ?? 0) > nowMs || decide(council, context).length === 0) return;
    this.busy.add(id);
    void this.moveOn(id).finally(() => this.busy.delete(id));
  }

  private async moveOn(councilId: string): Promise<void> {
    try {
      await this.parts.transactor.evaluate(councilId);
      this.pausedUntil.delete(councilId);
    } catch (error) {
      if (error instanceof PublishRefusedError && error.reason === 'payload_too_large') return this.giveUp(councilId, error);
      this.pause(councilId);
      this.logger.warn({ council_id: councilId, error }, 'Council could not be moved on; it is tried again');
    }
  }

  /** A document that has outgrown the broker's limit will never be stored: the council ends, and says why. */
  private async giveUp(councilId: string, cause: PublishRefusedError): Promise<void> {
    const reason = `its document outgrew the broker's limit of ${cause.limit ?? 'unknown'} bytes`;
    try {
      await this.parts.transactor.end(councilId, { type: 'council_failed', reason });
      this.logger.error(
        { council_id: councilId, bytes: cause.actual, limit: cause.limit },
        'Council failed: its document is too large for the broker',
      );
    } catch (error) {
      this.pause(councilId);
      this.logger.error({ council_id: councilId, error }, 'Council is too large for the broker and could not be ended');
    }
  }

  /** Waits longer after each failure, so that one council does not fill the log. */
  private pause(councilId: string): void {
    const failures = (this.pausedUntil.get(councilId)?.failures ?? 0) + 1;
    const waitMs = Math.min(30_000, 250 * 2 ** Math.min(failures, 10));
    this.pausedUntil.set(councilId, { atMs: Date.now() + waitMs, failures });
  }

  private closeLedger(council: CouncilDocument, context: DecisionContext): void {
    const roster = this.parts.view.roster(council.council_id);
    if ((this.pausedUntil.get(council.council_id)?.atMs ?? 0) > context.nowMs) return;
    if (roster?.value.attempt !== council.attempt || roster.value.closed_at !== undefined) return;
    if (council.announcement.published_at === undefined || !isCollected(council, context)) return;
    const mine = council.announcement.decided_by === context.replicaId;
    const endsAtMs = Date.parse(council.announcement.window_ends_at ?? council.updated_at);
    if ((!mine && context.nowMs < endsAtMs + context.takeOverAfterMs) || this.closing.has(council.council_id)) return;
    this.closing.add(council.council_id);
    this.parts.ledger
      .close(council, roster, context.answers)
      .catch((error: unknown) => {
        this.pause(council.council_id);
        this.logger.warn({ council_id: council.council_id, error }, 'Closing the ledger failed; it is tried again');
      })
      .finally(() => this.closing.delete(council.council_id));
  }

  private async ensureStatus(councilId: string, revision: number): Promise<void> {
    try {
      if (this.parts.status.isUnderWay(councilId)) return this.verifyStatus(councilId, revision);
      if (await this.parts.status.isPublished(councilId, revision)) {
        if (isFinal(this.parts.view.summary(councilId) ?? { status: 'pending' })) this.parts.status.forget(councilId);
        return;
      }
      const stored = await this.parts.store.get(councilId);
      if (stored === undefined || stored.value.status === 'pending') return;
      this.logger.warn({ council_id: councilId, revision: stored.revision }, 'Publishing a status that another replica left unpublished');
      await this.parts.status.publish(stored.value, stored.revision);
      this.verifyStatus(councilId, stored.revision);
    } catch (error) {
      this.logger.debug({ council_id: councilId, error }, 'Status could not be verified; it is tried again');
      this.verifyStatus(councilId, revision);
    }
  }

  private wantsAnswers(councilId: string): boolean | undefined {
    const council = this.parts.view.get(councilId)?.value;
    if (council === undefined) return this.parts.view.summary(councilId) === undefined ? undefined : false;
    if (isForming(council)) return true;
    const roster = this.parts.view.roster(councilId)?.value;
    return council.status === 'degraded' || roster?.attempt !== council.attempt || roster.closed_at === undefined;
  }

  private rest(): Promise<void> {
    if (this.poked.size > 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const timer = setTimeout(done, ROUND_EVERY_MS);
      const wake = () => {
        clearTimeout(timer);
        done();
      };
      function done(): void {
        resolve();
      }
      this.wake = wake;
    });
  }
}

function isForming(council: CouncilDocument): boolean {
  return council.status === 'pending' || council.status === 'forming' || council.status === 'offering';
}

const ROUND_EVERY_MS = 100;
const EVERYONE_EVERY_MS = 1_000;
const VERIFY_STATUS_AFTER_MS = 1_500;
