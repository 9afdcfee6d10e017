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

  /** A record of the same attempt that is there already stays: it was made when the message first went out. */
  private async writeRoster(roster: RosterDocument): Promise<void> {
    const known = roster.attempt === 1 ? undefined : await this.parts.store.getRoster(roster.council_id);
    if (known !== undefined && known.value.attempt >= roster.attempt) return;
    this.parts.view.applyRoster(roster, await this.parts.store.putRoster(roster));
  }
}
