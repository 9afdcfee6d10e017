import { HEADER, SUBJECTS } from '@whoosh/council-contracts';
import type { DeliveryHooks } from '@whoosh/jetstream';
import type { AgentContext } from '../agent-context.js';

/**
 * Counts what the settlement decided, and says each failure in the words that runbooks grep for. Why it failed, the settlement has said
 * in the line before: a message may fail before it reaches a handler.
 */
export function deliveryMetrics({ metrics, logger }: AgentContext): DeliveryHooks {
  return {
    onSettled: (context, outcome, _durationMs, { pattern }) => {
      if (outcome === 'ack') return;
      if (outcome === 'dead-letter') metrics.countDeadLetter();
      const { subject, sequence, deliveryCount: delivery_count } = context;
      const fields = { council_id: context.header(HEADER.councilId), subject, sequence, delivery_count, outcome };
      logger.warn(
        fields,
        pattern === SUBJECTS.status.pattern ? 'Failed to handle council status update' : 'Failed to handle council opportunity',
      );
    },
  };
}
