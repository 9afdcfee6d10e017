import type { MessageClass } from './messages/message-class.js';
import { CouncilOpportunity } from './messages/council-opportunity.message.js';
import { CouncilStatusUpdate } from './messages/council-status-update.message.js';
import { RoleClaim } from './messages/role-claim.message.js';
import { RoleOffer, RoleOfferReply } from './messages/role-offer.message.js';
import { AgentPresence } from './messages/agent-presence.message.js';
import { SUBJECTS, type SubjectPattern } from './subjects.js';
import { BUCKETS, bucketKeySubject, STREAMS, type StreamDefinition } from './topology.js';

/** Who sends what to whom, and where it is kept: the table from which the documents are made. */
export interface Channel {
  /** Identifier in the documents. */
  readonly name: string;
  readonly subject: SubjectPattern;
  readonly from: string;
  readonly to: string;
  /** The class of the payload; undefined when the payload is whatever somebody gave up on. */
  readonly message: MessageClass<object> | undefined;
  /** The class of the answer, when the message is a request. */
  readonly reply?: MessageClass<object>;
  /** The stream that stores it; undefined when it is not stored, or stored in a bucket. */
  readonly stream?: StreamDefinition;
  /** The name of the bucket whose keys it writes. */
  readonly bucket?: string;
  readonly about: string;
}

/** The roles that processes play in the protocol. */
const COORDINATOR = 'coordinator';
const AGENT = 'agent';

/**
 * Every channel of the protocol.
 * @source protocol.md, "Subjects"
 */
export const CHANNELS: readonly Channel[] = [
  {
    name: 'forming',
    subject: SUBJECTS.forming,
    from: COORDINATOR,
    to: AGENT,
    message: CouncilOpportunity,
    stream: STREAMS.councils,
    about: 'A council is forming. Every agent hears it on a consumer of its own and answers.',
  },
  {
    name: 'formingPerCouncil',
    subject: SUBJECTS.formingPerCouncil,
    from: 'older coordinator',
    to: AGENT,
    message: CouncilOpportunity,
    stream: STREAMS.councils,
    about: 'The subject of older broadcasters: accepted on subscribe, never published.',
  },
  {
    name: 'status',
    subject: SUBJECTS.status,
    from: COORDINATOR,
    to: 'agent, dashboard, anyone',
    message: CouncilStatusUpdate,
    stream: STREAMS.councils,
    about: 'A council changed its status.',
  },
  {
    name: 'claims',
    subject: SUBJECTS.claims,
    from: AGENT,
    to: COORDINATOR,
    message: RoleClaim,
    stream: STREAMS.claims,
    about: 'An agent answers: claim, decline or not understood. Delivery receipt and bid in one.',
  },
  {
    name: 'offer',
    subject: SUBJECTS.offer,
    from: COORDINATOR,
    to: AGENT,
    message: RoleOffer,
    reply: RoleOfferReply,
    about: 'A role is offered to one agent, which accepts or refuses.',
  },
  {
    name: 'presence',
    subject: { pattern: bucketKeySubject(BUCKETS.agents.name, '*'), parameters: ['agentId'] },
    from: AGENT,
    to: COORDINATOR,
    message: AgentPresence,
    bucket: BUCKETS.agents.name,
    about: 'An agent is there. A key of the bucket for each agent, written at every beat.',
  },
  {
    name: 'deadLetter',
    subject: SUBJECTS.deadLetter,
    from: 'whoever gave up',
    to: 'operator',
    message: undefined,
    stream: STREAMS.deadLetters,
    about: 'A message that could not be handled: its original bytes and headers, and the reason.',
  },
];
