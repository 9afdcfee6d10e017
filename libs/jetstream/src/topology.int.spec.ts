import { Kvm } from '@nats-io/kv';
import { Rig, aStream, bytes, text } from './rig.fixture.js';
import { DocumentBucket } from './kv-document.js';
import { bucketStream, ensureTopology, type BucketSpec } from './topology.js';

const json = {
  encode: (value: unknown) => bytes(JSON.stringify(value)),
  decode: (payload: Uint8Array) => JSON.parse(text(payload)) as unknown,
};

describe('the topology', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()));
  afterAll(() => rig.close());

  const aBucket = (name: string, overrides: Partial<BucketSpec> = {}): BucketSpec => ({
    name,
    history: 8,
    allowDirect: false,
    description: 'test',
    ...overrides,
  });

  it('is created once and found the next time, without a difference', async () => {
    const broker = await rig.broker();
    const topology = {
      streams: [aStream('TWICE', { maxMsgsPerSubject: 1, duplicateWindowMs: 600_000 })],
      buckets: [aBucket('twice', { maxAgeMs: 60_000 })],
      replicas: 1,
    } as const;
    expect(await ensureTopology(broker, topology)).toEqual({ created: ['TWICE', 'KV_twice'], drift: [] });
    expect(await ensureTopology(broker, topology)).toEqual({ created: [], drift: [] });
    const { config } = await broker.streamManager.streams.info('TWICE');
    expect(config).toMatchObject({
      storage: 'file',
      retention: 'limits',
      max_age: 3_600e9,
      duplicate_window: 600e9,
      max_msgs_per_subject: 1,
      max_consumers: 5_000,
    });
  });

  it('is created by many at once without an error', async () => {
    const brokers = await Promise.all([1, 2, 3, 4].map((index) => rig.connect({ name: `replica ${index}` })));
    const topology = { streams: [aStream('RACE')], buckets: [aBucket('race')], replicas: 1 } as const;
    const reports = await Promise.all(brokers.map((broker) => ensureTopology(broker, topology)));
    expect(reports.every(({ drift }) => drift.length === 0)).toBe(true);
    expect(reports.some(({ created }) => created.includes('RACE'))).toBe(true);
  });

  it('reports what is configured differently, and neither changes nor deletes it', async () => {
    const broker = await rig.broker();
    await ensureTopology(broker, { streams: [aStream('DRIFT', { maxAgeMs: 1_000_000 })], buckets: [], replicas: 1 });
    await rig.publish('DRIFT.x', 'kept');
    const report = await ensureTopology(broker, {
      streams: [aStream('DRIFT', { subjects: ['DRIFT.>', 'more.>'] })],
      buckets: [],
      replicas: 1,
    });
    expect(report).toEqual({
      created: [],
      drift: [
        { name: 'DRIFT', field: 'subjects', expected: ['DRIFT.>', 'more.>'], actual: ['DRIFT.>'] },
        { name: 'DRIFT', field: 'max_age', expected: 3_600e9, actual: 1_000e9 },
      ],
    });
    const { config, state } = await broker.streamManager.streams.info('DRIFT');
    expect({ messages: state.messages, maxAge: config.max_age }).toEqual({ messages: 1, maxAge: 1_000e9 });
    expect(rig.log.lines.find(({ fields }) => fields['name'] === 'DRIFT')).toMatchObject({ level: 'warn', fields: { field: 'subjects' } });
  });

  it('names the stream that has taken a subject', async () => {
    const broker = await rig.broker();
    await ensureTopology(broker, { streams: [aStream('OLD', { subjects: ['taken.>'] })], buckets: [], replicas: 1 });
    const ensuring = ensureTopology(broker, {
      streams: [aStream('NEW', { subjects: ['free.>', 'taken.here'] })],
      buckets: [],
      replicas: 1,
    });
    await expect(ensuring).rejects.toMatchObject({ code: 'subjects_taken', stream: 'NEW', takenBy: 'OLD' });
  });

  it('lets 1,001 consumers read one stream, where 2.15 alone would stop at 1,000', async () => {
    const broker = await rig.broker();
    const stream = await rig.stream();
    const created = await Promise.all(
      Array.from({ length: 1_001 }, (_, index) =>
        broker.streamManager.consumers.add(stream, {
          name: `agent-${index}`,
          mem_storage: true,
          num_replicas: 1,
          ack_policy: 'explicit',
          inactive_threshold: 60e9,
        }),
      ),
    );
    expect(new Set(created.map(({ name }) => name)).size).toBe(1_001);
  });

  it('makes buckets that any other NATS client can use', async () => {
    const broker = await rig.broker();
    await ensureTopology(broker, { streams: [], buckets: [aBucket('shared')], replicas: 1 });
    expect(bucketStream('shared')).toBe('KV_shared');
    const ours = new DocumentBucket<unknown>(broker, 'shared', json);
    const theirs = await new Kvm(broker.streamClient).open('shared');
    await ours.create('a', { from: 'us' });
    expect((await theirs.get('a'))?.json()).toEqual({ from: 'us' });
    const revision = await theirs.put('b', JSON.stringify({ from: 'them' }));
    expect(await ours.get('b')).toMatchObject({ value: { from: 'them' }, revision });
    await theirs.delete('b');
    expect(await ours.get('b')).toBeUndefined();
    await theirs.purge('a');
    expect(await ours.keys()).toEqual([]);
    expect(await (await theirs.status()).history).toBe(8);
  });
});
