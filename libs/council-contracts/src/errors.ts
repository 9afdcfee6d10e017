/** One thing that is wrong with a message. */
export interface Violation {
  /** Where: `council_id`, `core_roles[1].role_name`; empty when the message as a whole is meant. */
  readonly path: string;
  /** What is expected there and what was found, for example `must be a whole number from 1, but is absent`. */
  readonly message: string;
}

/** The bytes are no message of the expected type. Sending them again gives the same answer: dead letter, never retry. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
  readonly code = 'malformed_message';

  /**
   * @param messageType the schema name of the expected type, for example `CouncilOpportunity`
   * @param violations every violation, in the order of the fields; at least one
   * @param options `cause`: the error of the parser, when the bytes are no JSON
   */
  constructor(
    readonly messageType: string,
    readonly violations: readonly Violation[],
    options?: ErrorOptions,
  ) {
    super(malformedSentence(messageType, violations), options);
  }
}

function malformedSentence(messageType: string, violations: readonly Violation[]): string {
  const list = violations.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
  const count = violations.length === 1 ? '1 violation' : `${violations.length} violations`;
  return `${messageType} is malformed (${count}): ${list}. Correct the sender; sending the same bytes again will not help.`;
}

/** An id cannot be a token of a subject. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
  readonly code = 'invalid_token';

  /**
   * @param what which id, for example `councilId`
   * @param value what was given instead of a token
   */
  constructor(
    readonly what: string,
    readonly value: unknown,
  ) {
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
    super(`${what} ${shown} is no token: use 1 to 64 letters, digits, "_" and "-".`);
  }
}

/** A header value would break the header block apart. */
export class InvalidHeaderError extends Error {
  override readonly name = 'InvalidHeaderError';
  readonly code = 'invalid_header';

  /**
   * @param header the name of the header
   * @param reason what is wrong with its value
   */
  constructor(
    readonly header: string,
    readonly reason: string,
  ) {
    super(`Header ${header} ${reason}: remove the character from the field that the header carries.`);
  }
}
