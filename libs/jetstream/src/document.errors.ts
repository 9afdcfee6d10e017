import { BrokerError } from './connection.errors.js';

/** A document was changed by somebody else since it was read: read it again and decide again, never write blindly. */
export class RevisionConflictError extends BrokerError {
  readonly code = 'revision_conflict';

  constructor(
    readonly bucket: string,
    readonly key: string,
    /** The revision that was expected; 0 when the key was expected to be absent. */
    readonly expected: number,
    cause?: unknown,
  ) {
    super(
      expected === 0
        ? `${bucket}/${key} exists already: read it and decide again.`
        : `${bucket}/${key} is no longer at revision ${expected}: read it again and decide again.`,
      cause,
    );
  }
}

/** A write was not acknowledged, and the bucket does not show it: it may still land. Read the document before acting on it. */
export class WriteUnknownError extends BrokerError {
  readonly code = 'write_unknown';

  constructor(
    readonly bucket: string,
    readonly key: string,
    readonly expected: number | undefined,
    cause?: unknown,
  ) {
    super(`Whether the write to ${bucket}/${key} took place is unknown: read the document again and decide again.`, cause);
  }
}

/** The stored bytes of a document cannot be decoded. */
export class UndecodableDocumentError extends BrokerError {
  readonly code = 'undecodable_document';

  constructor(
    readonly bucket: string,
    readonly key: string,
    readonly revision: number,
    cause: unknown,
  ) {
    super(
      `${bucket}/${key} at revision ${revision} cannot be decoded: somebody else writes into this bucket, or an older version did.`,
      cause,
    );
  }
}
