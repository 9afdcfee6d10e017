import { createHash } from 'node:crypto';
import { deadLetterSubject, offerSubject } from '@whoosh/council-contracts';
import type { MalformedMessageError } from '@whoosh/council-contracts';
import { DEAD_LETTER_HEADER } from '@whoosh/jetstream';
import type { JetStreamPublisher } from '@whoosh/jetstream';
import type { AgentContext } from '../agent-context.js';

const REASON_CHARS = 1_000;

/**
 * Keeps a malformed offer as a dead letter. Offers are requests and in no stream, so the message id is made from their bytes.
 * Failing to keep it is said and goes no further: the sender gets its refusal all the same.
 */
export function offerDeadLetter(agent: AgentContext, publisher: JetStreamPublisher) {
  return async (payload: Uint8Array, error: MalformedMessageError): Promise<void> => {
    const { agentId } = agent.identity;
    const digest = createHash('sha256').update(payload).digest('hex').slice(0, 32);
    const headers = {
      [DEAD_LETTER_HEADER.code]: error.code,
      [DEAD_LETTER_HEADER.reason]: error.message.replace(/\s+/g, ' ').slice(0, REASON_CHARS),
      [DEAD_LETTER_HEADER.subject]: offerSubject(agentId),
      [DEAD_LETTER_HEADER.at]: new Date().toISOString(),
      [DEAD_LETTER_HEADER.source]: agentId,
    };
    try {
      await publisher.publish(deadLetterSubject(agentId), payload, { messageId: `dlq:offer:${digest}:${agentId}`, headers });
      agent.metrics.countDeadLetter();
    } catch (failure) {
      agent.logger.warn({ error: failure }, 'A malformed role offer could not be kept as a dead letter');
    }
  };
}
