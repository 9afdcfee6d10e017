import { BrokerError, messageOf } from './connection.errors.js';

/** A publish was not acknowledged in time. Whether the message is stored is unknown: it may also land later. */
export class PublishUnknownError extends BrokerError {
  readonly code = 'publish_unknown';

  constructor(
    readonly subject: string,
    readonly messageId: string,
    readonly deadlineMs: number,
    readonly attempts: number,
    cause?: unknown,
  ) {
    super(
      `No acknowledgement for ${subject} (id ${messageId}) in ${deadlineMs} ms after ${attempts} attempts: whether it is stored is unknown. ` +
        'Publishing again with the same id is safe while the stream still remembers it.',
      cause,
    );
  }
}

/** Why a publish was refused. */
export type PublishRefusal =
  'payload_too_large' | 'no_stream' | 'not_connected' | 'invalid_header' | 'duplicate_not_stored' | 'refused_by_stream';

/** A publish was refused: the message is certainly not stored. */
export class PublishRefusedError extends BrokerError {
  readonly code = 'publish_refused';
  /** The broker's limit in bytes, for `payload_too_large`. */
  readonly limit: number | undefined;
  /** The message's size in bytes with its headers, for `payload_too_large`. */
  readonly actual: number | undefined;

  constructor(
    readonly subject: string,
    readonly reason: PublishRefusal,
    detail: string,
    options: { limit?: number; actual?: number; cause?: unknown } = {},
  ) {
    super(`The message for ${subject} is not stored: ${detail}`, options.cause);
    this.limit = options.limit;
    this.actual = options.actual;
  }
}

/** The subject's last message was not the expected one: somebody else was faster. Read again and decide again. */
export class WrongLastSequenceError extends BrokerError {
  readonly code = 'wrong_last_sequence';

  constructor(
    readonly subject: string,
    readonly expected: number,
    cause?: unknown,
  ) {
    super(`${subject} has changed since sequence ${expected}: read it again and decide again (${messageOf(cause)}).`, cause);
  }
}
