import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { BrokerLogger } from './broker-logger.js';
import { BrokerUnreachableError, JetStreamDisabledError, messageOf } from './connection.errors.js';
import { isTransient } from './transient.js';
import { backoffMs, pause } from './wait.js';

const NOT_FOR_THIS_ACCOUNT = 10039;

/**
 * Waits until the JetStream API answers on a new connection. A server without JetStream is not waited for.
 * @throws JetStreamDisabledError saying how to enable it
 * @throws BrokerUnreachableError when the signal ends the waiting
 */
export async function awaitJetStream(
  nc: NatsConnection,
  options: { timeoutMs: number; logger: BrokerLogger; signal: AbortSignal | undefined },
): Promise<void> {
  const startedAt = Date.now();
  let failures = 0;
  let reason: unknown;
  const jsm = await jetstreamManager(nc, { timeout: options.timeoutMs, checkAPI: false });
  while (!options.signal?.aborted) {
    try {
      await jsm.getAccountInfo();
      return;
    } catch (error) {
      if (saysDisabled(nc, error)) throw new JetStreamDisabledError(nc.getServer(), error);
      if (!isTransient(error)) throw error;
      reason = error;
      failures += 1;
      const waitMs = backoffMs(failures, { baseMs: 100, capMs: 2_000 });
      const fields = { server: nc.getServer(), attempt: failures, wait_ms: waitMs, error: messageOf(error) };
      // The API answers some milliseconds after the client port, and on a cluster only when a leader is elected.
      if (failures > 2) options.logger.warn(fields, 'NATS is there, but JetStream does not answer yet, waiting for it');
      await pause(waitMs, options.signal);
    }
  }
  throw new BrokerUnreachableError([nc.getServer()], Date.now() - startedAt, reason);
}

function saysDisabled(nc: NatsConnection, error: unknown): boolean {
  if ((error as { cause?: { code?: unknown } }).cause?.code === NOT_FOR_THIS_ACCOUNT) return true;
  return isTransient(error) && nc.info !== undefined && nc.info.jetstream !== true;
}
