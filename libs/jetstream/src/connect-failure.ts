import { errors } from '@nats-io/transport-node';
import {
  BrokerAuthenticationError,
  BrokerProtocolError,
  BrokerTlsError,
  InvalidServerUrlError,
  messageOf,
  type BrokerError,
} from './connection.errors.js';

const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/;
const SCHEMES = new Set(['nats:', 'tls:', 'ws:', 'wss:']);

/**
 * Tells a failure that waiting cannot heal from one that it can.
 * @returns the error to give up with, or `undefined` when the broker may simply not be there yet
 */
export function hopelessConnectFailure(error: unknown, servers: readonly string[]): BrokerError | undefined {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    return new BrokerAuthenticationError(servers, error);
  }
  const codes = [codeOf(error), codeOf((error as { cause?: unknown } | undefined)?.cause)];
  const text = messageOf(error);
  if (codes.some((code) => TLS_CODES.test(code)) || (error instanceof errors.InvalidArgumentError && /tls/i.test(text))) {
    return new BrokerTlsError(servers, error);
  }
  if (/unexpected response from server/.test(text) || error instanceof SyntaxError || error instanceof errors.ProtocolError) {
    return new BrokerProtocolError(servers, error);
  }
  if (codes.includes('ERR_INVALID_URL') || codes.includes('ERR_SOCKET_BAD_PORT') || error instanceof errors.InvalidArgumentError) {
    return new InvalidServerUrlError(servers.join(', '), text, error);
  }
  return undefined;
}

/**
 * Refuses what can never be an address, before anything is dialled.
 * @throws InvalidServerUrlError naming the address and what is wrong with it
 */
export function assertServerUrls(servers: readonly string[]): void {
  if (servers.length === 0) throw new InvalidServerUrlError('', 'no address is set');
  for (const server of servers) {
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `nats://${server}`;
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch (error) {
      throw new InvalidServerUrlError(server, 'it cannot be parsed', error);
    }
    if (!SCHEMES.has(parsed.protocol)) throw new InvalidServerUrlError(server, `its scheme is ${parsed.protocol}//`);
    if (parsed.hostname === '') throw new InvalidServerUrlError(server, 'it names no host');
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
