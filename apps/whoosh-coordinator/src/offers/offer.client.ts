import { decode, encode, offerSubject, type RoleOffer, RoleOfferReply, traceHeaders } from '@whoosh/council-contracts';
import { type Broker, NoResponderError, request, RequestTimeoutError } from '@whoosh/jetstream';

/** How an offer ended. `unanswered`: nobody listened, or nobody answered in time. */
export type OfferAnswer =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unanswered'; readonly reason: string };

/** Asks one agent whether it takes a role. */
export class OfferClient {
  constructor(private readonly broker: Broker) {}

  /**
   * @param agentId who is asked, on `chorus.agents.<agentId>.offer`
   * @param instanceId the process that bid; an answer of another one is a refusal
   * @param timeoutMs how long to wait
   */
  async offer(agentId: string, instanceId: string, offer: RoleOffer, timeoutMs: number, traceparent?: string): Promise<OfferAnswer> {
    try {
      const answer = await request(this.broker, offerSubject(agentId), encode(offer), { timeoutMs, headers: traceHeaders(traceparent) });
      const reply = decode(RoleOfferReply, answer.payload);
      if (reply.offer_id !== offer.offer_id || reply.agent_id !== agentId) return { outcome: 'refused', reason: 'answer to another offer' };
      if (reply.instance_id !== instanceId) return { outcome: 'refused', reason: 'agent restarted since its bid' };
      return reply.accept ? { outcome: 'accepted' } : { outcome: 'refused', reason: reply.reason ?? 'refused without a reason' };
    } catch (error) {
      if (error instanceof NoResponderError) return { outcome: 'unanswered', reason: 'agent does not listen for offers' };
      if (error instanceof RequestTimeoutError) return { outcome: 'unanswered', reason: `no answer within ${timeoutMs} ms` };
      return { outcome: 'unanswered', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
