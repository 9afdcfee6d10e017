import type { JsMsg } from '@nats-io/jetstream';
import { allWireHeaders, fromWireHeaders } from './headers.js';

/** What is done with a delivered message, decided in one place. */
export type Settlement =
  | FinalSettlement
  /** Not decided yet: the message stays in hand and is extended, but no longer occupies a handler's place. */
  | { readonly kind: 'hold'; readonly until: Promise<FinalSettlement> };

/** A settlement that the broker is told. */
export type FinalSettlement =
  /** It is done. */
  | { readonly kind: 'ack' }
  /** It comes again, after `delayMs` or at once. */
  | { readonly kind: 'nak'; readonly delayMs?: number }
  /** It never comes again. */
  | { readonly kind: 'term' };

/** The settlement of a message that was handled. */
export const ACK: FinalSettlement = { kind: 'ack' };
/** The settlement of a message that nobody can handle. */
export const TERM: FinalSettlement = { kind: 'term' };

/** One message in hand: delivered and not settled yet. Everything but the bytes is read on demand. */
export class Delivery {
  constructor(
    private message: JsMsg,
    /** Aborts when the loop can wait no longer for handlers, while it drains. */
    readonly signal: AbortSignal,
  ) {}

  get subject(): string {
    return this.message.subject;
  }

  /** The bytes as they were published. */
  get payload(): Uint8Array {
    return this.message.data;
  }

  /** First value of each header. */
  get headers(): Record<string, string> {
    return fromWireHeaders(this.message.headers);
  }

  /** Every value of each header. */
  get allHeaders(): Record<string, readonly string[]> {
    return allWireHeaders(this.message.headers);
  }

  /** One header's first value; `undefined` when it is absent. */
  header(name: string): string | undefined {
    return this.message.headers?.get(name) || undefined;
  }

  get stream(): string {
    return this.message.info.stream;
  }

  get consumer(): string {
    return this.message.info.consumer;
  }

  /** The message's number in its stream. */
  get sequence(): number {
    return this.message.info.streamSequence;
  }

  /** 1 for the first delivery. It starts again when the consumer had to be re-created. */
  get deliveryCount(): number {
    return this.message.info.deliveryCount;
  }

  /** When the broker stored the message. */
  get timestamp(): Date {
    return this.message.time;
  }

  /** How many messages of this consumer were still waiting behind this one. */
  get pending(): number {
    return this.message.info.pending;
  }

  /** Asks the broker for another acknowledgement period. The loop does this by itself; a handler rarely needs it. */
  working(): void {
    this.message.working();
  }

  /** Carries out the settlement. For the loop alone. */
  settle(settlement: FinalSettlement): void {
    switch (settlement.kind) {
      case 'ack':
        return this.message.ack();
      case 'nak':
        return this.message.nak(settlement.delayMs);
      case 'term':
        // Never with a reason: 2.9 redelivers after term(reason).
        return this.message.term();
    }
  }

  /** The same message arrived again while it is in hand: settle that arrival, the earlier one may be void. For the loop alone. */
  replaceBy(message: JsMsg): void {
    this.message = message;
  }
}
