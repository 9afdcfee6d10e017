import { RevisionConflictError } from '@whoosh/jetstream';
import type { Logger, Tracing } from '@whoosh/service-runtime';
import { opportunityOf } from '../broadcast/opportunity.js';
import type { Broadcaster } from '../broadcast/broadcaster.js';
import type { ExpectedAgent, RosterDocument } from '../deliveries/roster.document.js';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import type { CouncilDocument } from './council.js';
import { isFinal, timestamp } from './council.js';
import { recordPublication } from './commands.js';
import type { CouncilStore } from './council.store.js';
import type { CouncilTransactor } from './council.transactor.js';
import type { CouncilView } from './council.view.js';

/** What the announcer works with. */
export interface AnnouncerParts {
  readonly store: CouncilStore;
  readonly view: CouncilView;
  readonly broadcaster: Broadcaster;
  readonly transactor: CouncilTransactor;
  /** Who is there to hear, now. */
  readonly reachableAgents: () => ExpectedAgent[];
  readonly tracing: Tracing;
  readonly metrics: CoordinatorMetrics;
}

/**
 * Carries out an announcement that the document decided: writes down who is expected, publishes, and records that it went out.
 * Each step is safe to do again, by this replica or another.
 */
export class Announcer {
  private readonly underway = new Set<string>();

  constructor(
    private readonly parts: AnnouncerParts,
    private readonly logger: Logger,
  ) {}

  /**
   * Announces the council's current attempt unless that is under way or done.
   * @returns when it is recorded; an error is logged, and the sweeper tries again
   */
  async announce(council: CouncilDocument): Promise<void> {
    const key = `${council.council_id}:${council.attempt}`;
    if (isFinal(council) || council.announcement.published_at !== undefined || this.underway.has(key)) return;
    this.underway.add(key);
    try {
      await this.publish(council);
    } catch (error) {
      const { council_id, attempt } = council;
      this.logger.warn({ council_id, attempt, error }, 'Announcing the council failed; it is tried again until its deadline');
    } finally {
      this.underway.delete(key);
    }
  }

  private async publish(council: CouncilDocument): Promise<void> {
    const { council_id, attempt } = council;
    const publishedAt = new Date();
    if (publishedAt.getTime() - Date.parse(council.announcement.decided_at) > STALE_AFTER_MS && !(await this.isStillDue(council))) return;
    const expected = this.parts.reachableAgents();
    this.parts.metrics.discovered('nats', expected.length, Date.now() - publishedAt.getTime());
    const roster: RosterDocument = { schema_version: '1.0', council_id, attempt, published_at: timestamp(publishedAt.getTime()), expected };
    const [announced] = await this.parts.tracing.run('council announce', council.traceparent, { council_id, attempt }, (traceparent) =>
      Promise.all([this.parts.broadcaster.announce(opportunityOf(council), publishedAt, traceparent), this.writeRoster(roster)]),
    );
    const stored = await this.parts.transactor.transact(council_id, (current) =>
      recordPublication(current, {
        attempt,
        publishedAtMs: publishedAt.getTime(),
        streamSequence: announced.streamSequence,
        expected: (this.parts.view.expected(council_id, attempt) ?? expected).length,
      }),
    );
    if (stored.value.announcement.published_at === undefined && !isFinal(stored.value)) {
      this.logger.debug({ council_id, attempt }, 'Another attempt was decided meanwhile');
    }
  }

  /** Decided a while ago: another replica may have announced it meanwhile, while this one was stopped, or its broker away. */
  private async isStillDue({ council_id, attempt }: CouncilDocument): Promise<boolean> {
    const stored = await this.parts.store.get(council_id);
    if (stored === undefined) return false;
    this.parts.view.apply(stored.value, stored.revision);
    return !isFinal(stored.value) && stored.value.attempt === attempt && stored.value.announcement.published_at === undefined;
  }

  /**
   * Writes who is expected, by compare-and-set: a record of the same or a later attempt that is there already stays, because it was made
   * when the message first went out. A replica that was stopped in between finds it so.
   */
  private async writeRoster(roster: RosterDocument): Promise<void> {
    const { store, view } = this.parts;
    try {
      if (roster.attempt === 1) return view.applyRoster(roster, await store.createRoster(roster));
      const known = await store.getRoster(roster.council_id);
      if (known !== undefined && known.value.attempt >= roster.attempt) return;
      view.applyRoster(roster, await (known ? store.updateRoster(roster, known.revision) : store.createRoster(roster)));
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}

const STALE_AFTER_MS = 500;
