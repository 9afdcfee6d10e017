import { validate } from './codec.js';
import agentPresence from './examples/agent-presence.json' with { type: 'json' };
import councilOpportunity from './examples/council-opportunity.json' with { type: 'json' };
import councilStatusUpdate from './examples/council-status-update.json' with { type: 'json' };
import roleClaim from './examples/role-claim.json' with { type: 'json' };
import roleOfferReply from './examples/role-offer-reply.json' with { type: 'json' };
import roleOffer from './examples/role-offer.json' with { type: 'json' };
import type { MessageClass } from './messages/message-class.js';

/**
 * One golden example for each message, as JSON: what other implementations can be tested against.
 * Schema name → the parsed file of `examples/`. Shared: do not change it.
 */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  AgentPresence: agentPresence,
  CouncilOpportunity: councilOpportunity,
  CouncilStatusUpdate: councilStatusUpdate,
  RoleClaim: roleClaim,
  RoleOffer: roleOffer,
  RoleOfferReply: roleOfferReply,
};

/**
 * The golden example of a message, as an instance.
 * @param type a class of `MESSAGE_CLASSES`
 * @param changes fields that differ from the example; the result is validated with them
 * @returns a new instance at each call
 * @throws MalformedMessageError when the changes make it invalid
 */
export function exampleOf<T extends object>(type: MessageClass<T>, changes: Partial<T> = {}): T {
  return validate(type, Object.assign({}, EXAMPLES[type.schemaName], changes));
}
