import {
  decode,
  encode,
  isToken,
  MalformedMessageError,
  offerSubject,
  RoleOffer,
  RoleOfferReply,
  SUBJECTS,
} from '@whoosh/council-contracts';
import { respond } from '@whoosh/jetstream';
import type { Broker } from '@whoosh/jetstream';
import type { AgentContext } from '../agent-context.js';
import type { Membership } from '../membership/membership.service.js';
import { decideOffer } from './decide-offer.js';
import type { OfferDecision } from './decide-offer.js';

/** How many refusals are remembered; the oldest is forgotten first. */
const REMEMBERED_REFUSALS = 1_000;

/** Answers offers of roles: accepting one reserves a slot until a status confirms it. */
export class OfferResponder {
  private readonly refusals = new Map<string, string>();
  private running: { stop(): Promise<void> } | undefined;

  constructor(
    private readonly agent: AgentContext,
    private readonly membership: Membership,
    private readonly broker: Broker,
    private readonly deadLetter: (payload: Uint8Array, error: MalformedMessageError) => Promise<void>,
  ) {}

  /** Begins to answer. The broker is connected. */
  start(): void {
    this.running = respond(this.broker, offerSubject(this.agent.identity.agentId), ({ payload }) => this.answer(payload));
    this.agent.metrics.showSubscribed(SUBJECTS.offer.pattern, true);
  }

  /** Stops answering; an answer in hand is still sent. */
  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    this.agent.metrics.showSubscribed(SUBJECTS.offer.pattern, false);
    await running?.stop();
  }

  /**
   * The reply to an offer. The same offer gets the same answer, because a coordinator asks again when a reply was lost.
   * @param payload the request as it came
   */
  async answer(payload: Uint8Array): Promise<Uint8Array> {
    this.agent.metrics.countReceived(SUBJECTS.offer.pattern);
    try {
      const offer = decode(RoleOffer, payload);
      return this.reply(offer.offer_id, this.decide(offer));
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.agent.metrics.countOffer('malformed');
      this.agent.logger.warn({ error: error.message }, 'Malformed role offer refused');
      await this.deadLetter(payload, error);
      return this.reply(offerIdOf(payload), { accept: false, reason: error.message });
    }
  }

  private decide(offer: RoleOffer): OfferDecision {
    const refused = this.refusals.get(offer.offer_id);
    if (refused !== undefined) return { accept: false, reason: refused };
    const { config, standing, metrics, logger } = this.agent;
    const { council_id: councilId, role_name: roleName, generation } = offer;
    const holding = this.membership.holdingIn(councilId);
    const { currentTasks, maxTasks } = this.membership.load();
    const situation = {
      standing: standing.current,
      roles: config.roles,
      freeSlots: maxTasks - currentTasks,
      knownGeneration: this.membership.councils.generationOf(councilId, roleName),
      councilOver: this.membership.councils.isOver(councilId),
      ...(holding === undefined ? {} : { holding }),
    };
    const decision = decideOffer(offer, situation, new Date());
    const fields = { council_id: councilId, role_name: roleName, generation, offer_id: offer.offer_id };
    if (decision.accept) {
      this.membership.reserve(offer);
      metrics.countOffer('accepted');
      logger.info(fields, 'Role offer accepted');
    } else {
      this.remember(offer.offer_id, decision.reason);
      metrics.countOffer('refused');
      logger.info({ ...fields, reason: decision.reason }, 'Role offer refused');
    }
    return decision;
  }

  private remember(offerId: string, reason: string): void {
    this.refusals.set(offerId, reason);
    if (this.refusals.size <= REMEMBERED_REFUSALS) return;
    const [oldest] = this.refusals.keys();
    if (oldest !== undefined) this.refusals.delete(oldest);
  }

  private reply(offerId: string, decision: OfferDecision): Uint8Array {
    const { agentId, instanceId } = this.agent.identity;
    return encode(Object.assign(new RoleOfferReply(), { offer_id: offerId, agent_id: agentId, instance_id: instanceId, ...decision }));
  }
}

/** The id of an offer that is malformed otherwise, so that its sender knows which one is refused. */
function offerIdOf(payload: Uint8Array): string {
  try {
    const fields: unknown = JSON.parse(new TextDecoder().decode(payload));
    const id = typeof fields === 'object' && fields !== null && 'offer_id' in fields ? fields.offer_id : undefined;
    return isToken(id) ? id : 'unreadable';
  } catch {
    return 'unreadable';
  }
}
