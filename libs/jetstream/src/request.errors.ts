import { BrokerError } from './connection.errors.js';

/** Nobody listens to the subject: whoever would answer is not there. */
export class NoResponderError extends BrokerError {
  readonly code = 'no_responder';

  constructor(
    readonly subject: string,
    cause?: unknown,
  ) {
    super(`Nobody listens to ${subject}: its owner is not connected.`, cause);
  }
}

/** Somebody listens, or did a moment ago, but no reply came in time. The request may have been carried out. */
export class RequestTimeoutError extends BrokerError {
  readonly code = 'request_timeout';

  constructor(
    readonly subject: string,
    readonly timeoutMs: number,
    cause?: unknown,
  ) {
    super(`No reply from ${subject} in ${timeoutMs} ms: whether the request was carried out is unknown.`, cause);
  }
}

/** The other side replied that it failed. */
export class RequestRefusedError extends BrokerError {
  readonly code = 'request_refused';

  constructor(
    readonly subject: string,
    /** The other side's code for the failure. */
    readonly remoteCode: string,
    readonly remoteMessage: string,
  ) {
    super(`${subject} refused the request: ${remoteMessage} (${remoteCode}).`);
  }
}
