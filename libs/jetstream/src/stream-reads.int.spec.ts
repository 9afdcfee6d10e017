import { eventually } from '@whoosh/testing';
import { consumerFloors } from './consumer-floors.js';
import { ACK } from './delivery.js';
import { Rig, text } from './rig.fixture.js';
import { lastMessageFor, messageAt, messagesFor } from './stream-reads.js';

describe('reading a stream', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()));
  afterAll(() => rig.close());

  it('finds the last message of a subject, with its headers, or none', async () => {
    const stream = await rig.stream();
    await rig.publish(`${stream}.a`, 'one', 'two');
    const broker = await rig.broker();
    const last = await lastMessageFor(broker, stream, `${stream}.a`);
    expect(last).toMatchObject({ subject: `${stream}.a`, sequence: 2, headers: { 'Nats-Msg-Id': expect.any(String) as string } });
    expect(text(last?.payload ?? new Uint8Array())).toBe('two');
    expect(await lastMessageFor(broker, stream, `${stream}.b`)).toBeUndefined();
    expect(text((await messageAt(broker, stream, 1))?.payload ?? new Uint8Array())).toBe('one');
    expect(await messageAt(broker, stream, 9)).toBeUndefined();
    await expect(lastMessageFor(broker, 'NONE', 'x')).rejects.toThrow('stream not found');
  });

  it('finds every message that matches, in order, more than one page of them, and leaves no consumer behind', async () => {
    const stream = await rig.stream();
    const broker = await rig.broker();
    for (let index = 0; index < 1_200; index += 1) broker.connection.publish(`${stream}.c${index % 3}.claims`, String(index));
    await eventually(async () => expect((await broker.streamManager.streams.info(stream)).state.messages).toBe(1_200), {
      what: 'all are stored',
    });
    const all = await messagesFor(broker, stream, `${stream}.*.claims`);
    expect(all.map(({ payload }) => Number(text(payload)))).toEqual(Array.from({ length: 1_200 }, (_, index) => index));
    const some = await messagesFor(broker, stream, `${stream}.c1.claims`, { limit: 2, fromSequence: 10 });
    expect(some.map(({ sequence }) => sequence)).toEqual([11, 14]);
    const lasts = await messagesFor(broker, stream, `${stream}.>`, { lastPerSubject: true });
    expect(lasts.map(({ sequence }) => sequence)).toEqual([1_198, 1_199, 1_200]);
    expect(await messagesFor(broker, stream, `${stream}.none`)).toEqual([]);
    await eventually(async () => expect(await rig.consumers(stream)).toEqual([]), { what: 'the readers are gone' });
  });

  it('says how far each of 300 consumers has come, over all pages, and a re-created one begins where the former was', async () => {
    const stream = await rig.stream();
    const broker = await rig.broker();
    await rig.publish(`${stream}.x`, 'one', 'two');
    let heard = 0;
    const start = (index: number) =>
      rig.loop({
        stream,
        filterSubject: `${stream}.>`,
        consumer: { kind: 'own', name: `agent-${index}` },
        start: { from: 'all' },
        onMessage: () => {
          heard += 1;
          return ACK;
        },
      });
    for (let index = 0; index < 300; index += 1) await start(index);
    await eventually(() => expect(heard).toBe(600), { what: 'all have heard both' });
    await eventually(
      async () => {
        const floors = await consumerFloors(broker, stream);
        expect(floors).toHaveLength(300);
        expect(
          floors.every(
            ({ ackFloor, delivered, pending, numAckPending }) => ackFloor === 2 && delivered === 2 && pending === 0 && numAckPending === 0,
          ),
        ).toBe(true);
      },
      { what: 'all floors are at 2' },
    );
    await broker.streamManager.consumers.delete(stream, 'agent-7');
    await eventually(
      async () => {
        const floors = await consumerFloors(broker, stream);
        expect(floors.find(({ name }) => name === 'agent-7-r1')).toMatchObject({ ackFloor: 2, pending: 0 });
      },
      { what: 'the re-created consumer is at 2 as well' },
    );
  });
});
