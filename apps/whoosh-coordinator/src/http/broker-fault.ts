import { BrokerError, PublishRefusedError } from '@whoosh/jetstream';
import type { ProblemInput } from '@whoosh/service-runtime';

/** The problem that a fault of the broker is; undefined when the error is none. Whether a write is stored is then not known. */
export function brokerFault(error: unknown): ProblemInput | undefined {
  if (!(error instanceof BrokerError)) return undefined;
  if (error instanceof PublishRefusedError && error.reason === 'payload_too_large') {
    return { status: 413, code: 'refused_by_broker', detail: error.message };
  }
  return {
    status: 503,
    code: 'broker_unavailable',
    detail: `NATS did not confirm in time. ${error.message} Sending the request again with the same Idempotency-Key is safe.`,
  };
}
