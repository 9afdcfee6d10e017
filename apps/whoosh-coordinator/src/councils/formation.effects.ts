import type { Logger } from '@whoosh/service-runtime';
import type { CoordinatorMetrics } from '../metrics/coordinator.metrics.js';
import type { OfferSender } from '../offers/offer.sender.js';
import type { StatusPublisher } from '../status/status.publisher.js';
import type { Announcer } from './announcer.js';
import type { CouncilEvent } from './council.events.js';
import type { Committed } from './council.transactor.js';
import type { Sweeper } from './sweeper.js';

/** What the effects reach. */
export interface FormationEffectsParts {
  readonly announcer: Announcer;
  readonly offers: OfferSender;
  readonly status: StatusPublisher;
  readonly sweeper: Sweeper;
  readonly metrics: CoordinatorMetrics;
}

/**
 * What follows a compare-and-set that this replica won: the status goes out, offers are sent, announcements are made.
 * Each effect is idempotent; what a crash leaves undone, a sweeper does.
 */
export class FormationEffects {
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly parts: FormationEffectsParts,
    private readonly logger: Logger,
  ) {}

  /** Waits for what is under way, at most so long: what is left then is taken over by another replica. */
  async settled(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([Promise.allSettled(this.underWay), late]);
    clearTimeout(timer);
  }

  private track(effect: Promise<void>): void {
    this.underWay.add(effect);
    void effect
      .catch((error: unknown) => this.logger.error({ error }, 'A step after a decision failed; a sweep does it again'))
      .finally(() => this.underWay.delete(effect));
  }

  follow({ before, after, revision }: Committed): void {
    const { announcer, offers, status, sweeper, metrics } = this.parts;
    const fields = { council_id: after.council_id, status: after.status, revision };
    if (before.status !== after.status) {
      metrics.transitioned(after.status);
      this.logger.info({ ...fields, previous_status: before.status, reason: after.status_reason }, 'Council changed its status');
    }
    if (before.active_at === undefined && after.active_at !== undefined) {
      metrics.formed(Date.parse(after.active_at) - Date.parse(after.created_at));
    }
    if (after.status === 'forming') status.publishSoon(after, revision);
    else this.track(status.publish(after, revision));
    sweeper.verifyStatus(after.council_id, revision);
    for (const event of after.changes) {
      if (event.type === 'roles_awarded') this.track(offers.send(after, new Set(event.assignments.map((given) => given.role_name))));
      if (event.type === 'announcement_decided') this.track(announcer.announce(after));
      this.say(event, fields);
    }
    sweeper.poke(after.council_id);
  }

  private say(event: CouncilEvent, fields: object): void {
    if (event.type === 'role_lost') {
      this.parts.metrics.roleLost();
      this.logger.warn(
        { ...fields, role_name: event.role_name, generation: event.generation, reason: event.reason },
        'Role lost its holder; it is open again',
      );
    }
    if (event.type === 'roles_awarded') {
      this.logger.info(
        { ...fields, roles: event.assignments.map(({ role_name, agent_id }) => `${role_name}=${agent_id}`) },
        'Roles awarded',
      );
    }
    if (event.type === 'announcement_decided') {
      this.logger.info(
        { ...fields, attempt: event.attempt, reason: event.reason, open_roles: event.open_roles },
        'Council is announced again',
      );
    }
  }
}
