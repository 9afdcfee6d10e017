/** A message as a {@link ReferenceAgentPort} hands it on. */
export interface PortMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Something that can be stopped. */
export interface PortListening {
  stop(): Promise<unknown>;
}

/**
 * What a ReferenceAgent needs of a broker, in bytes and subjects. This library may not use the one that owns the broker's client,
 * because that one is tested with this; whoever uses both writes the few lines between them.
 */
export interface ReferenceAgentPort {
  /** Stores a message in whatever stream has the subject. */
  publish(subject: string, payload: Uint8Array, options: { messageId: string; headers: Record<string, string> }): Promise<unknown>;
  /** Hears each message that a stream stores on a subject (wildcards allowed) from now on, in order. Settles when it listens. */
  follow(stream: string, subject: string, onMessage: (message: PortMessage) => Promise<void>): Promise<PortListening>;
  /** Answers requests; `undefined` leaves one unanswered. */
  respond(subject: string, answer: (message: PortMessage) => Promise<Uint8Array | undefined>): PortListening;
  /** Writes a key of a bucket. */
  put(bucket: string, key: string, payload: Uint8Array): Promise<unknown>;
  /** Deletes a key of a bucket. */
  remove(bucket: string, key: string): Promise<unknown>;
}
