/** Another process listens on the port. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly code = 'port_taken';
  constructor(
    readonly port: number,
    readonly setting: string,
    options?: ErrorOptions,
  ) {
    super(`Port ${port} is taken by another process. Stop that process, or set ${setting} to a free port.`, options);
  }
}

/** The server could not listen, for another reason than a taken port. */
export class OpsServerError extends Error {
  override readonly name = 'OpsServerError';
  readonly code = 'cannot_listen';
  constructor(
    readonly port: number,
    readonly setting: string,
    cause: Error,
  ) {
    super(`Cannot listen on port ${port}: ${cause.message}. Set ${setting} to a port that this process may use.`, { cause });
  }
}
