import type { ProblemInput } from '@whoosh/service-runtime';

const UNAVAILABLE = new Set([
  'publish_unknown',
  'write_unknown',
  'not_connected',
  'broker_unavailable',
  'request_timeout',
  'no_responder',
  'connection_failed',
  'jetstream_unavailable',
]);

/** The problem that a fault of the broker is; undefined when the error is none. Whether a write is stored is then not known. */
export function brokerFault(error: unknown): ProblemInput | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === 'publish_refused' || code === 'payload_too_large') return { status: 422, code: 'refused_by_broker', detail: error.message };
  if (!UNAVAILABLE.has(code ?? '') && !/timeout|connection|no responders|draining/i.test(`${error.name} ${error.message}`))
    return undefined;
  return {
    status: 503,
    code: 'broker_unavailable',
    detail: `NATS did not confirm in time (${error.message}). Try again with the same Idempotency-Key: that is safe.`,
  };
}
