import { eventually } from '@whoosh/testing';
import { DEAD_LETTER_HEADER } from './dead-letter.js';
import { FinalError } from './handler.errors.js';
import { NestRig } from './nest-rig.fixture.js';
import { JetStreamPublisher } from './publisher.js';
import { Rig, aStream, bytes, text } from './rig.fixture.js';
import { lastMessageFor, messagesFor } from './stream-reads.js';
import { ensureTopology } from './topology.js';

describe('what cannot be handled', () => {
  let rig: Rig;
  let nest: NestRig;
  beforeAll(async () => {
    rig = await Rig.start();
    nest = new NestRig(rig);
    await ensureTopology(await rig.broker(), { streams: [aStream('DEAD', { subjects: ['dead.>'] })], buckets: [], replicas: 1 });
  });
  afterAll(async () => {
    await nest.close();
    await rig.close();
  });

  it('makes a poison message a dead letter with its original bytes and headers, and the consumer goes on', async () => {
    const stream = await rig.stream();
    const seen: unknown[] = [];
    const pattern = `${stream}.*`;
    await nest.start(pattern, (data) => void seen.push(data), {
      decode: (payload) => JSON.parse(text(payload)) as unknown,
      deadLetter: await nest.deadLetter('poison'),
    });
    const publisher = new JetStreamPublisher(await rig.broker());
    await publisher.publish(`${stream}.x`, bytes('{"broken"'), {
      messageId: 'the-poison',
      headers: { Project: 'whoosh', Many: ['1', '2'] },
    });
    await publisher.publish(`${stream}.x`, bytes('{"fine":true}'), { messageId: 'the-fine' });
    await eventually(() => expect(seen).toEqual([{ fine: true }]), { what: 'the next message is handled' });
    const broker = await rig.broker();
    const dead = await eventually(async () => (await lastMessageFor(broker, 'DEAD', 'dead.poison')) ?? false, {
      what: 'the dead letter is stored',
    });
    expect(text(dead.payload)).toBe('{"broken"');
    expect(dead.headers).toMatchObject({
      Project: 'whoosh',
      Many: '1',
      'Dead-Letter-Original-Msg-Id': 'the-poison',
      [DEAD_LETTER_HEADER.code]: 'undecodable',
      [DEAD_LETTER_HEADER.stream]: stream,
      [DEAD_LETTER_HEADER.sequence]: '1',
      [DEAD_LETTER_HEADER.subject]: `${stream}.x`,
      [DEAD_LETTER_HEADER.deliveries]: '1',
    });
    expect(dead.headers[DEAD_LETTER_HEADER.reason]).toMatch(/JSON/);
    const [own] = await rig.consumers(stream);
    await eventually(async () => expect((await broker.streamManager.consumers.info(stream, own ?? '')).num_ack_pending).toBe(0), {
      what: 'nothing is open',
    });
  });

  it('makes a message that its handler calls final a dead letter at once, without a filter too', async () => {
    const stream = await rig.stream();
    let deliveries = 0;
    await nest.start(
      `${stream}.x`,
      () => {
        deliveries += 1;
        throw new FinalError('the agent in the body is not the one in the subject', { code: 'identity_mismatch' });
      },
      { deadLetter: await nest.deadLetter('final'), filter: false },
    );
    await rig.publish(`${stream}.x`, 'forged');
    const broker = await rig.broker();
    const dead = await eventually(async () => (await lastMessageFor(broker, 'DEAD', 'dead.final')) ?? false, {
      what: 'the dead letter is stored',
    });
    expect(dead.headers[DEAD_LETTER_HEADER.code]).toBe('identity_mismatch');
    expect(deliveries).toBe(1);
  });

  it('makes a message a dead letter when its deliveries are used up', async () => {
    const stream = await rig.stream();
    const counts: number[] = [];
    await nest.start(
      `${stream}.x`,
      (_data, { deliveryCount }) => {
        counts.push(deliveryCount);
        throw new Error('never');
      },
      { retryDelaysMs: [20], maxDeliver: 3, deadLetter: await nest.deadLetter('used-up') },
    );
    await rig.publish(`${stream}.x`, 'hopeless');
    const broker = await rig.broker();
    const dead = await eventually(async () => (await lastMessageFor(broker, 'DEAD', 'dead.used-up')) ?? false, {
      what: 'the dead letter is stored',
    });
    expect(counts).toEqual([1, 2, 3]);
    expect(dead.headers[DEAD_LETTER_HEADER.reason]).toBe('3 deliveries failed, the last one with: never');
    expect(dead.headers[DEAD_LETTER_HEADER.code]).toBe('deliveries_exhausted');
  });

  it('keeps a message whose dead letter cannot be stored, and tries again', async () => {
    const stream = await rig.stream();
    let deliveries = 0;
    await nest.start(
      `${stream}.x`,
      () => {
        deliveries += 1;
        throw new FinalError('broken');
      },
      { retryDelaysMs: [50], deadLetter: { ...(await nest.deadLetter('x')), subject: 'nowhere.x' } },
    );
    await rig.publish(`${stream}.x`, 'kept');
    await eventually(() => expect(deliveries).toBeGreaterThanOrEqual(2), { what: 'it is delivered again' });
    expect(rig.log.find('A dead letter could not be stored')).toMatchObject({ level: 'error', fields: { dead_letter: 'nowhere.x' } });
    await ensureTopology(await rig.broker(), { streams: [aStream('NOWHERE', { subjects: ['nowhere.>'] })], buckets: [], replicas: 1 });
    const broker = await rig.broker();
    await eventually(async () => expect(await messagesFor(broker, 'NOWHERE', 'nowhere.x')).toHaveLength(1), {
      what: 'the dead letter is stored',
      timeoutMs: 20_000,
    });
  });

  it('holds a message on its last delivery until its dead letter is stored, while others are handled', async () => {
    const stream = await rig.stream();
    const handled: unknown[] = [];
    await nest.start(
      `${stream}.*`,
      (data) => {
        const message = text(data as Uint8Array);
        handled.push(message);
        if (message === 'bad') throw new Error('never');
      },
      { maxDeliver: 1, concurrency: 1, deadLetter: { ...(await nest.deadLetter('y')), subject: 'yonder.x' } },
    );
    await rig.publish(`${stream}.x`, 'bad', 'good');
    await eventually(() => expect(handled).toEqual(['bad', 'good']), { what: 'the next message is handled' });
    await ensureTopology(await rig.broker(), { streams: [aStream('YONDER', { subjects: ['yonder.>'] })], buckets: [], replicas: 1 });
    const broker = await rig.broker();
    await eventually(async () => expect(await messagesFor(broker, 'YONDER', 'yonder.x')).toHaveLength(1), {
      what: 'the dead letter is stored',
      timeoutMs: 20_000,
    });
    expect(handled).toEqual(['bad', 'good']);
  });
});
