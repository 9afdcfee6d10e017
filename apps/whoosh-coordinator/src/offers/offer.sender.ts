import { RoleOffer } from '@whoosh/council-contracts';
import type { Logger, Tracing } from '@whoosh/service-runtime';
import { opportunityOf } from '../broadcast/opportunity.js';
import { type OfferOutcome, recordOffers } from '../councils/commands.js';
import type { CouncilDocument, RoleSlot } from '../councils/council.js';
import type { CouncilTransactor } from '../councils/council.transactor.js';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import type { OfferClient } from './offer.client.js';

/** What the sender works with. */
export interface OfferSenderParts {
  readonly client: OfferClient;
  readonly transactor: CouncilTransactor;
  readonly metrics: CoordinatorMetrics;
  readonly tracing: Tracing;
}

/** Sends the offers of an award that this replica won, all at once, and records the answers. */
export class OfferSender {
  constructor(
    private readonly parts: OfferSenderParts,
    private readonly logger: Logger,
  ) {}

  /**
   * @param council right after the award
   * @param roleNames the roles that the award just gave; answers that come by then are recorded together, late ones one by one
   * @returns when every offer was answered or has expired, and that is recorded
   */
  async send(council: CouncilDocument, roleNames: ReadonlySet<string>): Promise<void> {
    const slots = council.roles.filter((slot) => slot.state === 'offered' && roleNames.has(slot.role_name));
    await this.parts.tracing.run(
      'council offer',
      council.traceparent,
      { council_id: council.council_id, offers: slots.length },
      async (traceparent) => {
        const answered: OfferOutcome[] = [];
        let recording = Promise.resolve();
        const record = () => {
          recording = recording.then(async () => {
            const outcomes = answered.splice(0);
            if (outcomes.length > 0) await this.record(council.council_id, outcomes);
          });
          return recording;
        };
        let waiting = slots.length;
        await Promise.all(
          slots.map(async (slot) => {
            answered.push(await this.ask(council, slot, traceparent));
            waiting -= 1;
            if (waiting === 0) return record();
            await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
            return record();
          }),
        );
      },
    );
  }

  private async ask(council: CouncilDocument, slot: RoleSlot, traceparent: string | undefined): Promise<OfferOutcome> {
    const { role_name, generation, offer_id = '', offer_expires_at = '', holder } = slot;
    const offer = Object.assign(new RoleOffer(), {
      offer_id,
      council_id: council.council_id,
      role_name,
      generation,
      offer_expires_at,
      opportunity: opportunityOf(council),
    });
    const timeoutMs = Math.max(1, Date.parse(offer_expires_at) - Date.now());
    const answer = await this.parts.client.offer(holder?.agent_id ?? '', holder?.instance_id ?? '', offer, timeoutMs, traceparent);
    this.parts.metrics.offerEnded(answer.outcome);
    const fields = { council_id: council.council_id, role_name, generation, agent_id: holder?.agent_id, outcome: answer.outcome };
    if (answer.outcome === 'accepted') {
      this.logger.info(fields, 'Role offer accepted');
      return { role_name, generation, offer_id, accepted: true };
    }
    this.logger.info({ ...fields, reason: answer.reason }, 'Role offer not accepted; the next bidder is asked');
    return { role_name, generation, offer_id, accepted: false, reason: answer.reason };
  }

  private async record(councilId: string, outcomes: readonly OfferOutcome[]): Promise<void> {
    try {
      await this.parts.transactor.transact(councilId, (council) => recordOffers(council, outcomes));
    } catch (error) {
      this.logger.warn({ council_id: councilId, error }, 'Answers to offers could not be recorded; the offers expire and are made anew');
    }
  }
}

/** How long answers are gathered before a revision is written while others are still out: a few milliseconds save many revisions. */
const GATHER_MS = 20;
