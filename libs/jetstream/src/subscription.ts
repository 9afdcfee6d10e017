import type { StartPolicy } from './start-policy.js';

/** Where the messages of one `@EventPattern` come from, and how they are read. */
export interface Subscription {
  /** The handler's pattern, which is the subject to read: wildcards allowed, one subject per consumer. */
  readonly pattern: string;
  /** Names of the pattern's wildcards, in order, for `context.params`. */
  readonly parameters?: readonly string[];
  readonly stream: string;
  /**
   * Makes the handler's `@Payload()` of the bytes; by default they are passed on as they are.
   * What it throws makes the message a dead letter.
   */
  decode?(bytes: Uint8Array, headers: Record<string, string>): unknown;
  readonly consumer: OwnSubscriptionConsumer | GroupSubscriptionConsumer;
  /** Handlers of this subscription that run at the same time; default 16. */
  readonly concurrency?: number;
  /** Milliseconds until an unsettled message comes again; default 30,000. What is in hand is extended. */
  readonly ackWaitMs?: number;
  /** Deliveries of a message until it is given up; default 5. */
  readonly maxDeliver?: number;
  /** Milliseconds before the 2nd, 3rd, … delivery; default 1, 5, 15 and 30 seconds. */
  readonly retryDelaysMs?: readonly number[];
  /** Milliseconds after which the broker removes an own consumer that nobody reads; default 600,000. */
  readonly inactiveThresholdMs?: number;
}

/** A consumer of this process alone, in the broker's memory: every process gets every message. */
export interface OwnSubscriptionConsumer {
  readonly kind: 'own';
  /** Unique for this process and subscription. A re-created consumer gets the suffix `-r1`, `-r2`, … */
  readonly name: string;
  /** Own consumers are always in memory; it may be said. */
  readonly memory?: true;
  /** A function is asked once, when the strategy starts. */
  readonly start: StartPolicy | (() => StartPolicy);
}

/** A consumer shared by all processes that use this durable name, on disk: each message goes to one of them. */
export interface GroupSubscriptionConsumer {
  readonly kind: 'group';
  readonly durable: string;
  /** Only for its very first creation. */
  readonly start: StartPolicy | (() => StartPolicy);
}
