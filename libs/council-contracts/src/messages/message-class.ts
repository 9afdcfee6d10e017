/** A class of messages: fields with decorators, a name, and maybe a last step for what senders may leave out. */
export interface MessageClass<T extends object> {
  new (): T;
  /** The name in schemas, documents and errors. */
  readonly schemaName: string;
  /** Fills what depends on other fields, once the message is known to be valid. */
  complete?(message: T): void;
}
