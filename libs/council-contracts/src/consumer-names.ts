import { assertToken } from './token.js';

/**
 * The name of the consumer by which one process of an agent hears opportunities. A re-created consumer adds its own suffix.
 * @throws InvalidTokenError when an id is no token
 * @source protocol.md, "Delivery"
 */
export function formingConsumerName(agentId: string, instanceId: string): string {
  return `forming-${assertToken(agentId, 'agentId')}-${assertToken(instanceId, 'instanceId')}`;
}

/**
 * The name of the consumer by which one process of an agent hears changes of status.
 * @throws InvalidTokenError when an id is no token
 */
export function statusConsumerName(agentId: string, instanceId: string): string {
  return `status-${assertToken(agentId, 'agentId')}-${assertToken(instanceId, 'instanceId')}`;
}
