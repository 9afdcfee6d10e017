import { AgentPresence } from './messages/agent-presence.message.js';
import { CouncilOpportunity } from './messages/council-opportunity.message.js';
import { CouncilStatusUpdate } from './messages/council-status-update.message.js';
import type { MessageClass } from './messages/message-class.js';
import { RoleClaim } from './messages/role-claim.message.js';
import { RoleOffer, RoleOfferReply } from './messages/role-offer.message.js';

/** Every message that travels by itself, in the order in which a council meets them. What is nested in them is not listed. */
export const MESSAGE_CLASSES: readonly MessageClass<object>[] = [
  AgentPresence,
  CouncilOpportunity,
  RoleClaim,
  RoleOffer,
  RoleOfferReply,
  CouncilStatusUpdate,
];
