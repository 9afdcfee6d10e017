import {
  AgentPresence,
  BUCKETS,
  claimSubject,
  councilClaimsSubject,
  deadLetterSubject,
  decode,
  encode,
  formingMessageId,
  formingSubject,
  offerSubject,
  opportunityHeaders,
  RoleClaim,
  RoleOfferReply,
  statusHeaders,
  statusMessageId,
  statusSubject,
  STREAMS,
} from '@whoosh/council-contracts';
import type { CouncilOpportunity, CouncilStatusUpdate, RoleOffer } from '@whoosh/council-contracts';
import { Broker, DocumentBucket, ensureTopology, JetStreamPublisher, messagesFor, request } from '@whoosh/jetstream';
import type { StoredMessage } from '@whoosh/jetstream';

/** What a coordinator does on the wire, by hand: the opposite number of an agent under test. */
export class CoordinatorFixture {
  readonly broker: Broker;
  readonly publisher: JetStreamPublisher;
  readonly agents: DocumentBucket<AgentPresence>;

  constructor(url: string) {
    this.broker = new Broker({ servers: [url], name: 'coordinator fixture' });
    this.publisher = new JetStreamPublisher(this.broker);
    this.agents = new DocumentBucket<AgentPresence>(this.broker, BUCKETS.agents.name, {
      encode,
      decode: (bytes) => decode(AgentPresence, bytes),
    });
  }

  /** Connects and creates streams and buckets. */
  async start(): Promise<void> {
    await this.broker.connect();
    await ensureTopology(this.broker, { streams: Object.values(STREAMS), buckets: Object.values(BUCKETS), replicas: 1 });
  }

  stop(): Promise<void> {
    return this.broker.drain();
  }

  /** Announces an opportunity, as coordinators do. */
  async announce(opportunity: CouncilOpportunity, traceparent?: string, subject = formingSubject): Promise<void> {
    const messageId = formingMessageId(opportunity.council_id, opportunity.attempt);
    await this.publisher.publish(subject, encode(opportunity), {
      messageId,
      headers: opportunityHeaders(opportunity, new Date(), traceparent),
    });
  }

  /** Publishes bytes, well formed or not. */
  async publishRaw(subject: string, text: string, messageId: string): Promise<void> {
    await this.publisher.publish(subject, new TextEncoder().encode(text), { messageId });
  }

  async publishStatus(update: CouncilStatusUpdate): Promise<void> {
    const { council_id, revision } = update;
    await this.publisher.publish(statusSubject(council_id), encode(update), {
      messageId: statusMessageId(council_id, revision),
      headers: statusHeaders(update),
    });
  }

  /** Offers a role and waits for the answer. */
  async offer(agentId: string, offer: RoleOffer | string): Promise<RoleOfferReply> {
    const payload = typeof offer === 'string' ? new TextEncoder().encode(offer) : encode(offer);
    return decode(RoleOfferReply, (await request(this.broker, offerSubject(agentId), payload, { timeoutMs: 2_000 })).payload);
  }

  /** The stored answers to a council. */
  async claims(councilId: string): Promise<RoleClaim[]> {
    return (await this.storedClaims(councilId)).map(({ payload }) => decode(RoleClaim, payload));
  }

  storedClaims(councilId: string, agentId?: string): Promise<StoredMessage[]> {
    const subject = agentId === undefined ? councilClaimsSubject(councilId) : claimSubject(councilId, agentId);
    return messagesFor(this.broker, STREAMS.claims.name, subject);
  }

  deadLetters(agentId: string): Promise<StoredMessage[]> {
    return messagesFor(this.broker, STREAMS.deadLetters.name, deadLetterSubject(agentId));
  }

  /** The last beat of an agent; `undefined` when it has no key. */
  async presence(agentId: string): Promise<AgentPresence | undefined> {
    return (await this.agents.get(agentId))?.value;
  }
}
