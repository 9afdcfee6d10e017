import { randomUUID } from 'node:crypto';
import type { Broker } from './broker.js';
import { RevisionConflictError, UndecodableDocumentError, WriteUnknownError } from './document.errors.js';
import { watchBucket, type WatchHandle, type WatchOptions } from './kv-watch.js';
import { OPERATION_HEADER, operationOf, type DocumentOperation } from './kv-operation.js';
import { PublishUnknownError, WrongLastSequenceError } from './publish.errors.js';
import { JetStreamPublisher } from './publisher.js';
import { lastMessageFor, messagesFor, type StoredMessage } from './stream-reads.js';
import { bucketStream } from './topology.js';

/** How documents become bytes. `decode` throws what is wrong with bytes that are no such document. */
export interface DocumentCodec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** A document as stored. */
export interface StoredDocument<T> {
  readonly value: T;
  /** The number to give to `update`. */
  readonly revision: number;
  readonly createdAt: Date;
}

/** One state that a document was in. */
export interface DocumentRevision<T> {
  /** `undefined` when this revision deleted the document. */
  readonly value: T | undefined;
  readonly revision: number;
  readonly createdAt: Date;
  readonly operation: DocumentOperation;
}

/**
 * JSON documents in a key-value bucket, with compare-and-set. Reads come from the stream's leader, so a read sees every write
 * that was acknowledged before it. The layout is that of any NATS key-value bucket.
 */
export class DocumentBucket<T> {
  private readonly publisher: JetStreamPublisher;
  private readonly stream: string;

  /** @param options.deadlineMs for one write with its repetitions; default 5,000 */
  constructor(
    private readonly broker: Broker,
    readonly name: string,
    private readonly codec: DocumentCodec<T>,
    options: { readonly deadlineMs?: number } = {},
  ) {
    this.publisher = new JetStreamPublisher(broker, options);
    this.stream = bucketStream(name);
  }

  /**
   * Stores a document that must not exist, or be deleted.
   * @returns its revision
   * @throws RevisionConflictError (expected 0), WriteUnknownError, PublishRefusedError
   */
  async create(key: string, value: T): Promise<number> {
    try {
      return await this.write(key, this.codec.encode(value), 0);
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
      const last = await lastMessageFor(this.broker, this.stream, this.subject(key));
      // After a deletion the key is free, but its subject is not empty.
      if (last === undefined || operationOf(last.headers) === 'PUT') throw error;
      return this.write(key, this.codec.encode(value), last.sequence).catch((again: unknown) => {
        throw again instanceof RevisionConflictError ? new RevisionConflictError(this.name, key, 0, again) : again;
      });
    }
  }

  /**
   * Stores a document over the revision it was read at. When the acknowledgement is lost, the bucket is read: the write counts
   * if it is stored there, also when others wrote after it.
   * @returns its new revision
   * @throws RevisionConflictError, WriteUnknownError, PublishRefusedError
   */
  update(key: string, value: T, expectedRevision: number): Promise<number> {
    return this.write(key, this.codec.encode(value), expectedRevision);
  }

  /**
   * Stores a document whatever is there: for keys with one writer.
   * @returns its revision
   * @throws WriteUnknownError, PublishRefusedError
   */
  put(key: string, value: T): Promise<number> {
    return this.write(key, this.codec.encode(value));
  }

  /**
   * Deletes a document; its history stays. Deleting what is not there is no error.
   * @param expectedRevision delete only this revision
   * @throws RevisionConflictError, WriteUnknownError
   */
  async delete(key: string, expectedRevision?: number): Promise<void> {
    await this.write(key, new Uint8Array(), expectedRevision, { [OPERATION_HEADER]: 'DEL' });
  }

  /**
   * The document as it is now.
   * @returns `undefined` when it does not exist or is deleted
   * @throws UndecodableDocumentError
   */
  async get(key: string): Promise<StoredDocument<T> | undefined> {
    const last = await lastMessageFor(this.broker, this.stream, this.subject(key));
    if (last === undefined || operationOf(last.headers) !== 'PUT') return undefined;
    return { value: this.decode(key, last), revision: last.sequence, createdAt: last.time };
  }

  /**
   * What the bucket remembers of a document, the oldest first.
   * @returns empty when there never was one
   * @throws UndecodableDocumentError
   */
  async history(key: string): Promise<DocumentRevision<T>[]> {
    const stored = await messagesFor(this.broker, this.stream, this.subject(key));
    return stored.map((message) => this.revision(key, message));
  }

  /**
   * Every document that exists, in the order of their last changes.
   * @param filter keys, wildcards allowed; default all
   * @throws UndecodableDocumentError
   */
  async entries(filter = '>'): Promise<(StoredDocument<T> & { readonly key: string })[]> {
    const stored = await this.lasts(filter);
    return stored.map((message) => {
      const key = this.keyOf(message.subject);
      return { key, value: this.decode(key, message), revision: message.sequence, createdAt: message.time };
    });
  }

  /**
   * Keys of the documents that exist, in the order of their last changes.
   * @param filter wildcards allowed; default all
   */
  async keys(filter = '>'): Promise<string[]> {
    return (await this.lasts(filter)).map(({ subject }) => this.keyOf(subject));
  }

  /** Follows the bucket: first what is there, then each change, across restarts of the broker. */
  watch(options: WatchOptions<T>): WatchHandle {
    return watchBucket(this.broker, this.name, (key, message) => this.decode(key, message), options);
  }

  private async lasts(filter: string): Promise<StoredMessage[]> {
    const stored = await messagesFor(this.broker, this.stream, this.subject(filter), { lastPerSubject: true });
    return stored.filter(({ headers }) => operationOf(headers) === 'PUT');
  }

  private async write(key: string, bytes: Uint8Array, expected?: number, headers: Record<string, string> = {}): Promise<number> {
    try {
      const receipt = await this.publisher.publish(this.subject(key), bytes, {
        // Random on purpose: it tells this write from another writer's with the same bytes, so that only one of them wins.
        messageId: randomUUID(),
        headers,
        expectStream: this.stream,
        ...(expected === undefined ? {} : { expectLastSubjectSequence: expected }),
      });
      return receipt.sequence;
    } catch (error) {
      if (error instanceof WrongLastSequenceError) throw new RevisionConflictError(this.name, key, expected ?? 0, error);
      if (error instanceof PublishUnknownError) throw new WriteUnknownError(this.name, key, expected, error);
      throw error;
    }
  }

  private revision(key: string, message: StoredMessage): DocumentRevision<T> {
    const operation = operationOf(message.headers);
    const value = operation === 'PUT' ? this.decode(key, message) : undefined;
    return { value, revision: message.sequence, createdAt: message.time, operation };
  }

  private decode(key: string, message: StoredMessage): T {
    try {
      return this.codec.decode(message.payload);
    } catch (error) {
      throw new UndecodableDocumentError(this.name, key, message.sequence, error);
    }
  }

  private subject(key: string): string {
    return `$KV.${this.name}.${key}`;
  }

  private keyOf(subject: string): string {
    return subject.slice(`$KV.${this.name}.`.length);
  }
}
