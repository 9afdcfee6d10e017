import type { CouncilStatus } from '@whoosh/council-contracts';

/** A change that the protocol does not allow, for example of a final council. Nothing was written. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
  readonly code = 'illegal_transition';
  constructor(
    readonly councilId: string,
    readonly from: CouncilStatus,
    readonly to: CouncilStatus,
  ) {
    super(`Council ${councilId} is ${from} and cannot become ${to}; read it again with GET /api/v1/councils/${councilId}.`);
  }
}

/** No council under this id. */
export class CouncilNotFoundError extends Error {
  override readonly name = 'CouncilNotFoundError';
  readonly code = 'council_not_found';
  constructor(readonly councilId: string) {
    super(`There is no council ${councilId}; GET /api/v1/councils lists those that there are.`);
  }
}

/** The same Idempotency-Key came before with another body. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
  readonly code = 'idempotency_conflict';
  constructor(
    readonly key: string,
    readonly councilId: string,
  ) {
    super(`Idempotency-Key "${key}" belongs to council ${councilId} with another body; send a new key, or the same body again.`);
  }
}

/** The broker did not take the write in time: whether it is stored is not known. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError';
  readonly code = 'broker_unavailable';
  constructor(what: string, options?: ErrorOptions) {
    super(`NATS did not confirm ${what}; try again with the same Idempotency-Key, which makes it safe.`, options);
  }
}

/** The requested formation deadline is over, or too far ahead. */
export class UnusableDeadlineError extends Error {
  override readonly name = 'UnusableDeadlineError';
  readonly code = 'invalid_request';
  constructor(readonly fault: string) {
    super(`formation_deadline: ${fault}`);
  }
}
