import { eventually } from '@whoosh/testing';
import { DocumentBucket } from './kv-document.js';
import type { DocumentChange } from './kv-watch.js';
import { JetStreamPublisher } from './publisher.js';
import { Rig, bytes, text } from './rig.fixture.js';
import { bucketStream, ensureTopology } from './topology.js';

interface Doc {
  readonly n: number;
}
const codec = {
  encode: (value: Doc) => bytes(JSON.stringify(value)),
  decode: (payload: Uint8Array): Doc => {
    const value = JSON.parse(text(payload)) as Partial<Doc>;
    if (typeof value.n !== 'number') throw new Error('n is no number');
    return { n: value.n };
  },
};

describe('a bucket of documents', () => {
  let rig: Rig;
  let bucket: DocumentBucket<Doc>;
  let made = 0;
  beforeEach(async () => {
    rig ??= await Rig.start();
    bucket = await aBucket();
  });
  afterEach(() => rig.server.resume());
  afterAll(() => rig.close());

  async function aBucket(): Promise<DocumentBucket<Doc>> {
    const name = `docs${++made}`;
    await ensureTopology(await rig.broker(), {
      streams: [],
      buckets: [{ name, history: 64, allowDirect: false, description: 'test' }],
      replicas: 1,
    });
    return new DocumentBucket(await rig.broker(), name, codec, { deadlineMs: 2_000 });
  }

  it('creates a document once: the second one to try gets a conflict', async () => {
    expect(await bucket.create('a', { n: 1 })).toBe(1);
    await expect(bucket.create('a', { n: 2 })).rejects.toMatchObject({ code: 'revision_conflict', key: 'a', expected: 0 });
    expect(await bucket.get('a')).toMatchObject({ value: { n: 1 }, revision: 1 });
  });

  it('lets exactly one of 20 concurrent writers win the same revision', async () => {
    const revision = await bucket.create('a', { n: 0 });
    const others = await Promise.all([1, 2, 3, 4].map((index) => rig.connect({ name: `replica ${index}` })));
    const writes = Array.from({ length: 20 }, (_, index) => {
      const replica = new DocumentBucket(others[index % 4] ?? bucket['broker'], bucket.name, codec);
      // All write the same bytes: nobody may take another one's write for its own.
      return replica.update('a', { n: 1 }, revision);
    });
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code: string }).code] : []));
    expect(new Set(reasons)).toEqual(new Set(['revision_conflict']));
    await Promise.all(others.map((broker) => broker.drain()));
  });

  it('reads its own writes', async () => {
    let revision = await bucket.create('a', { n: 0 });
    for (let n = 1; n <= 50; n += 1) {
      revision = await bucket.update('a', { n }, revision);
      expect(await bucket.get('a')).toMatchObject({ value: { n }, revision });
    }
  });

  it('deletes a document, keeps its history, and lets it be created again', async () => {
    const first = await bucket.create('a', { n: 1 });
    await bucket.update('a', { n: 2 }, first);
    await expect(bucket.delete('a', first)).rejects.toMatchObject({ code: 'revision_conflict', expected: first });
    await bucket.delete('a');
    expect(await bucket.get('a')).toBeUndefined();
    expect(await bucket.keys()).toEqual([]);
    await bucket.create('a', { n: 3 });
    const history = await bucket.history('a');
    expect(history.map(({ value, revision, operation }) => ({ value, revision, operation }))).toEqual([
      { value: { n: 1 }, revision: 1, operation: 'PUT' },
      { value: { n: 2 }, revision: 2, operation: 'PUT' },
      { value: undefined, revision: 3, operation: 'DEL' },
      { value: { n: 3 }, revision: 4, operation: 'PUT' },
    ]);
  });

  it('lists keys and documents, all or those that match', async () => {
    await bucket.put('a', { n: 1 });
    await bucket.put('a.roster', { n: 2 });
    await bucket.put('b.roster', { n: 3 });
    await bucket.put('a', { n: 4 });
    expect(await bucket.keys()).toEqual(['a.roster', 'b.roster', 'a']);
    expect(await bucket.keys('*.roster')).toEqual(['a.roster', 'b.roster']);
    expect((await bucket.entries('*')).map(({ key, value }) => ({ key, value }))).toEqual([{ key: 'a', value: { n: 4 } }]);
    expect(await bucket.history('absent')).toEqual([]);
  });

  it('says which document cannot be decoded', async () => {
    const raw = new JetStreamPublisher(await rig.broker());
    await raw.publish(`$KV.${bucket.name}.bad`, bytes('{"n":"one"}'), { messageId: 'raw' });
    await expect(bucket.get('bad')).rejects.toMatchObject({ code: 'undecodable_document', key: 'bad', revision: 1 });
  });

  it('says that a write is unknown while the broker hangs, and the next read tells', async () => {
    const revision = await bucket.create('a', { n: 1 });
    rig.server.pause();
    await expect(bucket.update('a', { n: 2 }, revision)).rejects.toMatchObject({ code: 'write_unknown', key: 'a', expected: revision });
    rig.server.resume();
    await eventually(async () => expect(await bucket.get('a')).toMatchObject({ value: { n: 2 } }), { what: 'it has landed after all' });
    expect(await bucket.history('a')).toHaveLength(2);
  });

  it('resolves a write whose acknowledgement was late by reading', async () => {
    const revision = await bucket.create('a', { n: 1 });
    rig.server.pause();
    const updating = bucket.update('a', { n: 2 }, revision);
    setTimeout(() => rig.server.resume(), 1_300);
    expect(await updating).toBe(revision + 1);
    expect(await bucket.history('a')).toHaveLength(2);
  });

  it('finishes a write across a kill -9 of the broker', async () => {
    const patient = new DocumentBucket(await rig.broker(), bucket.name, codec, { deadlineMs: 15_000 });
    const revision = await patient.create('a', { n: 1 });
    await rig.server.kill();
    const updating = patient.update('a', { n: 2 }, revision);
    await rig.server.restart();
    expect(await updating).toBe(revision + 1);
    expect((await patient.history('a')).map(({ value }) => value)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  describe('that is watched', () => {
    const watching = new Set<{ end: () => void; stopped: Promise<void> }>();
    afterEach(async () => {
      for (const { end, stopped } of watching) {
        end();
        await stopped;
      }
      watching.clear();
    });

    function watch(options: { key?: string; fromRevision?: number } = {}) {
      const changes: DocumentChange<Doc>[] = [];
      const events: string[] = [];
      const ending = new AbortController();
      const handle = bucket.watch({
        ...options,
        onEntry: (change) => {
          changes.push(change);
          events.push(change.operation === 'PUT' ? `${change.key}=${change.value?.n}` : `${change.key} ${change.operation}`);
        },
        onCaughtUp: () => void events.push('caught up'),
        onRecreated: () => void events.push('recreated'),
        signal: ending.signal,
      });
      watching.add({ end: () => ending.abort(), stopped: handle.stopped });
      return { changes, events, handle, end: () => ending.abort() };
    }

    it('tells the present values first, then each change, deletions too', async () => {
      await bucket.put('a', { n: 1 });
      await bucket.put('a', { n: 2 });
      await bucket.put('b', { n: 3 });
      const { events, handle } = watch();
      await handle.caughtUp;
      await bucket.put('a', { n: 4 });
      await bucket.delete('b');
      await eventually(() => expect(events).toEqual(['a=2', 'b=3', 'caught up', 'a=4', 'b DEL']), { what: 'all is told' });
    });

    it('has caught up at once when it is empty', async () => {
      const { events, handle } = watch();
      await handle.caughtUp;
      expect(events).toEqual(['caught up']);
    });

    it('tells only the keys asked for, or everything since a revision', async () => {
      await bucket.put('a', { n: 1 });
      await bucket.put('b', { n: 2 });
      await bucket.put('a', { n: 3 });
      const one = watch({ key: 'b' });
      const since = watch({ fromRevision: 2 });
      await Promise.all([one.handle.caughtUp, since.handle.caughtUp]);
      expect(one.events).toEqual(['b=2', 'caught up']);
      expect(since.events).toEqual(['b=2', 'a=3', 'caught up']);
    });

    it('goes on after a kill -9 of the broker within seconds, not after 30 to 45', async () => {
      const { events, handle } = watch();
      await bucket.put('a', { n: 1 });
      await handle.caughtUp;
      await rig.server.kill();
      await rig.server.restart();
      const upAt = Date.now();
      await new DocumentBucket(await rig.broker(), bucket.name, codec, { deadlineMs: 15_000 }).put('a', { n: 2 });
      await eventually(() => expect(events.filter((event) => event !== 'caught up')).toEqual(['a=1', 'a=2']), {
        what: 'the change is told, once',
      });
      expect(Date.now() - upAt).toBeLessThan(5_000);
    });

    it('says so when the bucket was deleted and created anew, and tells everything again', async () => {
      await bucket.put('a', { n: 1 });
      const { events, handle } = watch();
      await handle.caughtUp;
      const broker = await rig.broker();
      await broker.streamManager.streams.delete(bucketStream(bucket.name));
      await ensureTopology(broker, {
        streams: [],
        buckets: [{ name: bucket.name, history: 64, allowDirect: false, description: 'test' }],
        replicas: 1,
      });
      await bucket.put('b', { n: 2 });
      await eventually(() => expect(events).toEqual(['a=1', 'caught up', 'recreated', 'b=2']), { what: 'all is told' });
    });

    it('tells of a document that cannot be decoded, with the reason, and goes on', async () => {
      const { changes, handle } = watch();
      await handle.caughtUp;
      await new JetStreamPublisher(await rig.broker()).publish(`$KV.${bucket.name}.bad`, bytes('{}'), { messageId: 'bad' });
      await bucket.put('good', { n: 1 });
      await eventually(() => expect(changes).toHaveLength(2), { what: 'both are told' });
      expect(changes[0]).toMatchObject({ key: 'bad', operation: 'PUT', error: { code: 'undecodable_document' } });
      expect(changes[0]).not.toHaveProperty('value');
      expect(changes[1]).toMatchObject({ key: 'good', value: { n: 1 } });
    });

    it('leaves no consumer behind when it ends', async () => {
      const { handle, end } = watch();
      await handle.caughtUp;
      expect(await rig.consumers(bucketStream(bucket.name))).toHaveLength(1);
      end();
      await handle.stopped;
      expect(await rig.consumers(bucketStream(bucket.name))).toEqual([]);
    });
  });
});
