import { RpcException } from '@nestjs/microservices';

/** Settings of an error that a handler throws on purpose. */
export interface HandlerErrorOptions {
  /** Stable, for logs and for the dead letter's header. */
  readonly code?: string;
  readonly cause?: unknown;
}

/**
 * Thrown by a handler: this message may succeed later. It is delivered again, until its deliveries are used up.
 * (An `RpcException`, because Nest hands only those on unchanged.)
 */
export class RetryableError extends RpcException {
  override readonly name = 'RetryableError';
  readonly code: string;
  /** Milliseconds until the next delivery; by default what the subscription's curve says. */
  readonly delayMs: number | undefined;

  constructor(message: string, options: HandlerErrorOptions & { readonly delayMs?: number } = {}) {
    super(message);
    this.code = options.code ?? 'retryable';
    this.delayMs = options.delayMs;
    this.cause = options.cause;
  }

  /** Nest passes this on in place of the error: it is the error itself. */
  override getError(): this {
    return this;
  }
}

/** Thrown by a handler: this message can never succeed. It becomes a dead letter at once. */
export class FinalError extends RpcException {
  override readonly name = 'FinalError';
  readonly code: string;

  constructor(message: string, options: HandlerErrorOptions = {}) {
    super(message);
    this.code = options.code ?? 'final';
    this.cause = options.cause;
  }

  /** Nest passes this on in place of the error: it is the error itself. */
  override getError(): this {
    return this;
  }
}

/** The handlers of the application and the subscriptions of the strategy are not the same set: the process must not start. */
export class SubscriptionMismatchError extends Error {
  override readonly name = 'SubscriptionMismatchError';
  readonly code = 'subscription_mismatch';

  constructor(
    readonly handlersWithoutSubscription: readonly string[],
    readonly subscriptionsWithoutHandler: readonly string[],
    readonly requestHandlers: readonly string[],
  ) {
    const parts = [
      list('handlers without a subscription', handlersWithoutSubscription),
      list('subscriptions without a handler', subscriptionsWithoutHandler),
      list('@MessagePattern handlers, which JetStream cannot answer', requestHandlers),
    ];
    super(
      `Handlers and subscriptions do not match: ${parts.filter(Boolean).join('; ')}. Give each @EventPattern exactly one subscription of the same pattern.`,
    );
  }
}

function list(what: string, patterns: readonly string[]): string {
  return patterns.length === 0 ? '' : `${what}: ${patterns.join(', ')}`;
}
