import { type Broker, JetStreamPublisher, DocumentBucket, PullLoop, respond } from '@whoosh/jetstream';
import type { ReferenceAgentPort } from '@whoosh/testing';

/** How many consumers were named: each has a name of its own. */
let named = 0;

/** Puts a ReferenceAgent on a real broker. The broker is connected by the caller, and may serve many agents. */
export function referencePort(broker: Broker): ReferenceAgentPort {
  const publisher = new JetStreamPublisher(broker);
  const bucket = (name: string) => new DocumentBucket<Uint8Array>(broker, name, { encode: (bytes) => bytes, decode: (bytes) => bytes });
  return {
    publish: (subject, payload, options) => publisher.publish(subject, payload, options),
    put: (name, key, payload) => bucket(name).put(key, payload),
    remove: (name, key) => bucket(name).delete(key),
    async follow(stream, subject, onMessage) {
      const loop = new PullLoop({
        broker,
        stream,
        filterSubject: subject,
        consumer: { kind: 'own', name: `reference-${process.pid}-${(named += 1)}` },
        start: { from: 'new' },
        // One at a time: a script sees messages in their order.
        concurrency: 1,
        onMessage: async ({ subject: on, payload, headers }) => {
          await onMessage({ subject: on, payload, headers });
          return { kind: 'ack' };
        },
      });
      await loop.start();
      return loop;
    },
    respond(subject, answer) {
      const over = new AbortController();
      const stopped = new Promise<Uint8Array>((resolve) => over.signal.addEventListener('abort', () => resolve(new Uint8Array())));
      // Silence is a reply that comes when nobody waits for it any more.
      const listening = respond(broker, subject, async (message) => (await answer(message)) ?? stopped);
      return {
        stop: () => {
          over.abort();
          return listening.stop();
        },
      };
    },
  };
}
