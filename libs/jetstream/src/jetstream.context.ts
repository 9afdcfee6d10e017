import { BaseRpcContext } from '@nestjs/microservices';
import type { Delivery } from './delivery.js';
import type { SubjectParameters } from './subject-parameters.js';

const NO_ARGUMENTS: [] = [];

/** What a handler may know of its message beside the decoded payload: `@Ctx() context: JetStreamContext`. Everything is read on demand. */
export class JetStreamContext extends BaseRpcContext<[]> {
  constructor(
    private readonly delivery: Delivery,
    private readonly parameters: SubjectParameters,
  ) {
    super(NO_ARGUMENTS);
  }

  get subject(): string {
    return this.delivery.subject;
  }

  /** The subject's tokens, in order. */
  get tokens(): string[] {
    return this.delivery.subject.split('.');
  }

  /** What the pattern's wildcards stand for, by the names that the subscription gives them. */
  get params(): Record<string, string> {
    return this.parameters.read(this.delivery.subject);
  }

  /** First value of each header, by its name as it was spelled. */
  get headers(): Record<string, string> {
    return this.delivery.headers;
  }

  /** One header's first value; `undefined` when it is absent. */
  header(name: string): string | undefined {
    return this.delivery.header(name);
  }

  get stream(): string {
    return this.delivery.stream;
  }

  get consumer(): string {
    return this.delivery.consumer;
  }

  /** The message's number in its stream. */
  get sequence(): number {
    return this.delivery.sequence;
  }

  /** 1 for the first delivery. */
  get deliveryCount(): number {
    return this.delivery.deliveryCount;
  }

  get redelivered(): boolean {
    return this.delivery.deliveryCount > 1;
  }

  /** When the broker stored the message. */
  get timestamp(): Date {
    return this.delivery.timestamp;
  }

  /** Messages that waited behind this one when it was sent. */
  get pending(): number {
    return this.delivery.pending;
  }

  /** The bytes as they were published, before decoding. */
  get payload(): Uint8Array {
    return this.delivery.payload;
  }

  /** Aborts when the process drains and can wait for this handler no longer. */
  get signal(): AbortSignal {
    return this.delivery.signal;
  }

  /** Asks the broker for another acknowledgement period. The strategy does this by itself while a handler runs. */
  working(): void {
    this.delivery.working();
  }
}
