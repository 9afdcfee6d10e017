import { randomUUID } from 'node:crypto';
import { eventually } from '@whoosh/testing';
import { ACK, type Settlement } from './delivery.js';
import { JetStreamPublisher } from './publisher.js';
import { Rig, aStream, bytes, text } from './rig.fixture.js';
import { ensureTopology } from './topology.js';

const FEW_SECONDS_MS = 5_000;

describe('after a loss', () => {
  let rig: Rig;
  beforeEach(async () => void (rig = await Rig.start()));
  afterEach(() => rig.close());

  const listen = async (stream: string, settle: (heard: string, count: number) => Settlement | Promise<Settlement> = () => ACK) => {
    const heard: string[] = [];
    const loop = await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name: 'agent' },
      start: { from: 'all' },
      onMessage: (delivery) => {
        heard.push(text(delivery.payload));
        return settle(text(delivery.payload), delivery.deliveryCount);
      },
    });
    return { heard, loop };
  };

  it('a consumer that somebody deleted is created anew under another name, after the last settled message, and nothing is lost', async () => {
    const stream = await rig.stream();
    const { heard, loop } = await listen(stream);
    await rig.publish(`${stream}.x`, 'before');
    await eventually(() => expect(heard).toEqual(['before']), { what: 'the first message is handled' });
    const broker = await rig.broker();
    await broker.streamManager.consumers.delete(stream, 'agent');
    await rig.publish(`${stream}.x`, 'after');
    await eventually(() => expect(heard).toEqual(['before', 'after']), {
      what: 'the second message is handled',
      timeoutMs: FEW_SECONDS_MS,
    });
    expect(loop.consumerName).toBe('agent-r1');
    expect(await rig.consumers(stream)).toEqual(['agent-r1']);
    const { config } = await broker.streamManager.consumers.info(stream, 'agent-r1');
    expect(config.opt_start_seq).toBe(2);
    expect(rig.log.find('can no longer be trusted')).toMatchObject({
      level: 'warn',
      fields: { consumer: 'agent', reason: 'consumer gone' },
    });
  });

  it('of a consumer, what was still unsettled comes again, and what was settled above it does not', async () => {
    const stream = await rig.stream();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { heard } = await listen(stream, async (message) => {
      if (message === 'slow') await gate;
      return message === 'retry' ? { kind: 'nak', delayMs: 60_000 } : ACK;
    });
    await rig.publish(`${stream}.x`, 'done', 'retry', 'slow', 'settled');
    await eventually(() => expect(heard).toEqual(['done', 'retry', 'slow', 'settled']), { what: 'all four are delivered' });
    const broker = await rig.broker();
    await broker.streamManager.consumers.delete(stream, 'agent');
    await rig.publish(`${stream}.x`, 'new');
    await eventually(() => expect(heard).toContain('new'), { what: 'the new message is handled' });
    release();
    await eventually(async () => expect((await broker.streamManager.consumers.info(stream, 'agent-r1')).num_ack_pending).toBe(1), {
      what: 'only the message to be retried is unsettled',
    });
    // "slow" was in hand and went on, "settled" was acknowledged without its handler: neither is handled twice.
    expect(heard).toEqual(['done', 'retry', 'slow', 'settled', 'retry', 'new']);
  });

  it('of the broker (kill -9) memory consumers have vanished and are created again, nothing is lost, publishing retries under the same id', async () => {
    const stream = await rig.stream();
    const { heard, loop } = await listen(stream);
    await rig.publish(`${stream}.x`, 'before');
    await eventually(() => expect(heard).toEqual(['before']), { what: 'the first message is handled' });

    await rig.server.kill();
    const publisher = new JetStreamPublisher(await rig.broker(), { deadlineMs: 15_000 });
    const published = publisher.publish(`${stream}.x`, bytes('during'), { messageId: 'stable-id' });
    await rig.server.restart();
    const upAt = Date.now();
    expect(await published).toMatchObject({ stream, sequence: 2, duplicate: false });
    await eventually(() => expect(heard).toEqual(['before', 'during']), { what: 'the second message is handled' });
    const recoveredMs = Date.now() - upAt;
    expect(recoveredMs).toBeLessThan(FEW_SECONDS_MS);
    expect(loop.consumerName).toBe('agent-r1');
    expect(rig.log.lines.map(({ sentence }) => sentence)).toEqual(expect.arrayContaining(['NATS disconnected', 'NATS reconnected']));
    process.stderr.write(`      [measured] nats-server ${rig.server.version}: handled again ${recoveredMs} ms after the broker was back\n`);
  });

  it('of the broker under load every acknowledged message is handled', async () => {
    const stream = await rig.stream();
    const { heard } = await listen(stream);
    const publisher = new JetStreamPublisher(await rig.broker(), { deadlineMs: 20_000 });
    const acknowledged: string[] = [];
    const sending = (async () => {
      for (let index = 0; index < 600; index += 1) {
        await publisher.publish(`${stream}.x`, bytes(`m${index}`), { messageId: `m${index}` });
        acknowledged.push(`m${index}`);
      }
    })();
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(100), { what: 'it flows', intervalMs: 1 });
    await rig.server.kill();
    await rig.server.restart();
    await sending;
    await eventually(() => expect(new Set(heard).size).toBe(600), { what: 'all are handled' });
    expect(acknowledged).toHaveLength(600);
  });

  it('of the broker a group goes on with its durable, at what it had not settled', async () => {
    const stream = await rig.stream();
    const heard: string[] = [];
    const loop = await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'group', durable: 'team' },
      start: { from: 'all' },
      onMessage: (delivery) => {
        heard.push(text(delivery.payload));
        return ACK;
      },
    });
    await rig.publish(`${stream}.x`, 'one');
    await eventually(() => expect(heard).toEqual(['one']), { what: 'the first is handled' });
    await rig.server.kill();
    await rig.server.restart();
    await rig.publish(`${stream}.x`, 'two');
    await eventually(() => expect(heard).toContain('two'), { what: 'the second is handled', timeoutMs: FEW_SECONDS_MS });
    expect(loop.consumerName).toBe('team');
    expect(await rig.consumers(stream)).toEqual(['team']);
  });

  it('of the stream it is said loudly, and the loop goes on when the stream is back, from its start', async () => {
    const stream = await rig.stream();
    const { heard } = await listen(stream);
    await rig.publish(`${stream}.x`, 'one', 'two');
    await eventually(() => expect(heard).toEqual(['one', 'two']), { what: 'both are handled' });
    const broker = await rig.broker();
    await broker.streamManager.streams.delete(stream);
    await eventually(() => expect(rig.log.find('The stream does not exist')).toMatchObject({ level: 'error', fields: { stream } }), {
      what: 'it is said',
    });

    await ensureTopology(broker, { streams: [aStream(stream)], buckets: [], replicas: 1 });
    await rig.publish(`${stream}.x`, 'three');
    await eventually(() => expect(heard).toEqual(['one', 'two', 'three']), { what: 'the new stream is read from its start' });
    expect(rig.log.find('The stream is not the one it was')).toMatchObject({ level: 'error', fields: { stream, settled_sequence: 2 } });
  });

  it('of the stream that is missing from the beginning the start waits, and says for what', async () => {
    const broker = await rig.broker();
    const heard: string[] = [];
    const starting = rig.loop({
      stream: 'LATER',
      filterSubject: 'LATER.>',
      consumer: { kind: 'own', name: 'early' },
      start: { from: 'all' },
      onMessage: (delivery) => {
        heard.push(text(delivery.payload));
        return ACK;
      },
    });
    await eventually(
      () => expect(rig.log.find('The stream does not exist')).toMatchObject({ level: 'warn', fields: { stream: 'LATER' } }),
      { what: 'it is said' },
    );
    await ensureTopology(broker, { streams: [aStream('LATER')], buckets: [], replicas: 1 });
    await starting;
    await rig.publish('LATER.x', 'hello');
    await eventually(() => expect(heard).toEqual(['hello']), { what: 'it is handled' });
  });

  it('of a delivery on its way (a gap in the delivery sequence) the consumer is given up and the message comes from a new one', async () => {
    const stream = await rig.stream();
    const { heard, loop } = await listen(stream);
    await rig.publish(`${stream}.x`, 'one');
    await eventually(() => expect(heard).toEqual(['one']), { what: 'the first is handled' });
    // Somebody else pulls from the same consumer: for the loop that delivery is lost.
    const thief = await rig.connect({ name: 'thief' });
    const consumer = await thief.streamClient.consumers.get(stream, 'agent');
    const stolen: string[] = [];
    const stealing = await consumer.consume({ max_messages: 1_000, callback: (message) => void stolen.push(text(message.data)) });
    for (let index = 0; stolen.length === 0 && index < 50; index += 1) await rig.publish(`${stream}.x`, `m${index}`);
    await stealing.close();
    const [last] = await rig.publish(`${stream}.x`, 'last');
    await eventually(() => expect(heard).toContain('last'), { what: 'the last is handled' });
    await eventually(() => expect(new Set(heard).size).toBe(last?.sequence), { what: 'every message is handled, the stolen ones too' });
    expect(loop.consumerName).not.toBe('agent');
    expect(heard).toEqual([...new Set(heard)]);
  });

  it('of contact to a broker that hangs, it goes on when the broker does, with no more than one consumer', async () => {
    const stream = await rig.stream();
    const { heard } = await listen(stream);
    rig.server.pause();
    await eventually(() => expect(rig.log.find('can no longer be trusted')).toMatchObject({ fields: { reason: 'silent' } }), {
      what: 'the silence is noticed',
    });
    rig.server.resume();
    await rig.publish(`${stream}.x`, randomUUID());
    await eventually(() => expect(heard).toHaveLength(1), { what: 'a message is handled', timeoutMs: FEW_SECONDS_MS });
    await eventually(async () => expect(await rig.consumers(stream)).toHaveLength(1), { what: 'former consumers are removed' });
  });
});
