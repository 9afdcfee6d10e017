import type { Broker } from './broker.js';
import { messageOf } from './connection.errors.js';
import { atMost } from './wait.js';

/** Whether this process can work with the broker right now. */
export interface BrokerHealth {
  readonly ok: boolean;
  /** For people: what is wrong, or that nothing is. */
  readonly detail: string;
  readonly connected: boolean;
  /** The server connected to; `undefined` when there is none. */
  readonly server?: string;
  readonly version?: string;
  /** Milliseconds that JetStream took to answer. */
  readonly answeredInMs?: number;
}

/** How long JetStream may take. */
const ANSWER_MS = 1_000;

/** Asks JetStream for a sign of life. Never rejects, and takes a second at most. */
export async function brokerHealth(broker: Broker): Promise<BrokerHealth> {
  if (!broker.isConnected()) return { ok: false, connected: false, detail: 'not connected to NATS' };
  const { url: server, version } = broker.serverInfo;
  const startedAt = performance.now();
  try {
    const account = await atMost(ANSWER_MS, broker.streamManager.getAccountInfo());
    if (account === undefined)
      return { ok: false, connected: true, server, version, detail: `JetStream did not answer in ${ANSWER_MS} ms` };
    return {
      ok: true,
      connected: true,
      server,
      version,
      answeredInMs: Math.round(performance.now() - startedAt),
      detail: 'JetStream answers',
    };
  } catch (error) {
    return { ok: false, connected: true, server, version, detail: `JetStream does not answer: ${messageOf(error)}` };
  }
}
