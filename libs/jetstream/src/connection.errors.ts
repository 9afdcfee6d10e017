/** What every error of this library has: a name, a stable code, the values as fields, and a sentence that says what to do. */
export abstract class BrokerError extends Error {
  abstract readonly code: string;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}

/** A server address that cannot be one. */
export class InvalidServerUrlError extends BrokerError {
  readonly code = 'invalid_server_url';

  constructor(
    readonly url: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`"${url}" is not the address of a NATS server (${reason}). Set NATS_URL to something like nats://host:4222.`, cause);
  }
}

/** The waiting for a broker was ended before one was there. */
export class BrokerUnreachableError extends BrokerError {
  readonly code = 'broker_unreachable';

  constructor(
    readonly servers: readonly string[],
    readonly waitedMs: number,
    cause?: unknown,
  ) {
    super(
      `No NATS server answered at ${servers.join(', ')} in ${waitedMs} ms. Check NATS_URL, and that the server runs and listens there.`,
      cause,
    );
  }
}

/** The broker knows these credentials not, or not any more. */
export class BrokerAuthenticationError extends BrokerError {
  readonly code = 'broker_authentication';

  constructor(
    readonly servers: readonly string[],
    cause?: unknown,
  ) {
    super(`The NATS server at ${servers.join(', ')} refuses the credentials. Check user and password, token or credentials file.`, cause);
  }
}

/** TLS is asked for by one side only, or a certificate is not trusted. */
export class BrokerTlsError extends BrokerError {
  readonly code = 'broker_tls';

  constructor(
    readonly servers: readonly string[],
    cause?: unknown,
  ) {
    super(
      `The TLS connection to ${servers.join(', ')} failed (${messageOf(cause)}). Check that both sides use TLS, and that the certificate's authority is the one configured.`,
      cause,
    );
  }
}

/** Something listens at the address, but it is no NATS server. */
export class BrokerProtocolError extends BrokerError {
  readonly code = 'broker_protocol';

  constructor(
    readonly servers: readonly string[],
    cause?: unknown,
  ) {
    super(
      `What listens at ${servers.join(', ')} does not speak the NATS protocol (${messageOf(cause)}). NATS_URL must name the client port (4222), not the monitoring port (8222) or another service.`,
      cause,
    );
  }
}

/** The broker runs, but without the part that stores messages. */
export class JetStreamDisabledError extends BrokerError {
  readonly code = 'jetstream_disabled';

  constructor(
    readonly server: string,
    cause?: unknown,
  ) {
    super(
      `JetStream is not enabled on the NATS server ${server}. Start it with "--jetstream" (and "--store_dir" on a disk that is kept), ` +
        'or, where accounts are used, enable it for this account.',
      cause,
    );
  }
}

/** The connection was used before it was there, or after it was closed. */
export class NotConnectedError extends BrokerError {
  readonly code = 'not_connected';

  constructor(readonly connectionName: string) {
    super(`The connection "${connectionName}" is not open: call connect() first, and nothing after drain().`);
  }
}

/** Text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
