import { eventually } from '@whoosh/testing';
import { ACK, TERM, type Delivery } from './delivery.js';
import { Rig, text } from './rig.fixture.js';
import { lastMessageFor } from './stream-reads.js';

describe('a pull loop', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()));
  afterAll(() => rig.close());

  const ownLoop = async (stream: string, name: string, onMessage: (delivery: Delivery) => void) =>
    rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name },
      start: { from: 'all' },
      onMessage: (delivery) => {
        onMessage(delivery);
        return ACK;
      },
    });

  it('with a consumer of its own gets every message: 34 of 34', async () => {
    const stream = await rig.stream();
    const heard = new Set<number>();
    for (let agent = 0; agent < 34; agent += 1) await ownLoop(stream, `agent-${agent}`, () => heard.add(agent));
    await rig.publish(`${stream}.forming`, 'one council');
    await eventually(() => expect(heard.size).toBe(34), { what: 'all 34 have heard' });
  });

  it('that shares a durable with 33 others is one of them that gets it: the 2-of-34 bug', async () => {
    const stream = await rig.stream();
    const heard: number[] = [];
    for (let agent = 0; agent < 34; agent += 1) {
      await rig.loop({
        stream,
        filterSubject: `${stream}.>`,
        consumer: { kind: 'group', durable: 'shared' },
        start: { from: 'all' },
        onMessage: () => {
          heard.push(agent);
          return ACK;
        },
      });
    }
    await rig.publish(`${stream}.forming`, 'first', 'second', 'third');
    await eventually(() => expect(heard).toHaveLength(3), { what: 'three deliveries' });
    const broker = await rig.broker();
    const info = await broker.streamManager.consumers.info(stream, 'shared');
    expect(info.delivered.consumer_seq).toBe(3);
    expect(info.config.mem_storage ?? false).toBe(false);
  });

  it('has exactly one filter subject, on every version', async () => {
    const stream = await rig.stream();
    const loop = await ownLoop(stream, 'one-filter', () => undefined);
    const broker = await rig.broker();
    const { config } = await broker.streamManager.consumers.info(stream, loop.consumerName ?? '');
    expect(config.filter_subject).toBe(`${stream}.>`);
    expect(config.filter_subjects).toBeUndefined();
    expect(config).toMatchObject({
      mem_storage: true,
      num_replicas: 1,
      ack_policy: 'explicit',
      ack_wait: 30e9,
      max_deliver: 5,
      inactive_threshold: 600e9,
    });
    expect(config.backoff).toBeUndefined();
  });

  it('begins by time, at the last of each subject, with all, or only with what is new', async () => {
    const stream = await rig.stream();
    await rig.publish(`${stream}.a`, 'a1', 'a2');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await rig.publish(`${stream}.b`, 'b1');
    const b1 = await lastMessageFor(await rig.broker(), stream, `${stream}.b`);
    const heard: Record<string, string[]> = { past: [], since: [], last: [], all: [], fresh: [] };
    const start = {
      past: { from: 'time', at: new Date(Date.now() - 60_000) },
      since: { from: 'time', at: b1?.time ?? new Date() },
      last: { from: 'last-per-subject' },
      all: { from: 'all' },
      fresh: { from: 'new' },
    } as const;
    for (const [name, policy] of Object.entries(start)) {
      await rig.loop({
        stream,
        filterSubject: `${stream}.>`,
        consumer: { kind: 'own', name },
        start: policy,
        onMessage: (delivery) => {
          heard[name]?.push(text(delivery.payload));
          return ACK;
        },
      });
    }
    await rig.publish(`${stream}.b`, 'b2');
    await eventually(
      () =>
        expect(heard).toEqual({
          past: ['a1', 'a2', 'b1', 'b2'],
          since: ['b1', 'b2'],
          last: ['a2', 'b1', 'b2'],
          all: ['a1', 'a2', 'b1', 'b2'],
          fresh: ['b2'],
        }),
      { what: 'each has heard its part' },
    );
  });

  it('delivers a message again after the asked delay, with a growing count', async () => {
    const stream = await rig.stream();
    const deliveries: { count: number; at: number }[] = [];
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name: 'delay' },
      start: { from: 'all' },
      onMessage: ({ deliveryCount }) => {
        deliveries.push({ count: deliveryCount, at: Date.now() });
        return deliveryCount < 3 ? { kind: 'nak', delayMs: 300 } : ACK;
      },
    });
    await rig.publish(`${stream}.x`, 'thrice');
    await eventually(() => expect(deliveries.map(({ count }) => count)).toEqual([1, 2, 3]), { what: 'three deliveries' });
    const [first, second, third] = deliveries.map(({ at }) => at) as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(280);
    expect(third - second).toBeGreaterThanOrEqual(280);
  });

  it('never sees a terminated message again, also on 2.9 (bare term)', async () => {
    const stream = await rig.stream();
    const heard: string[] = [];
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name: 'term' },
      start: { from: 'all' },
      ackWaitMs: 300,
      onMessage: (delivery) => {
        heard.push(text(delivery.payload));
        return text(delivery.payload) === 'poison' ? TERM : ACK;
      },
    });
    await rig.publish(`${stream}.x`, 'poison', 'fine');
    const broker = await rig.broker();
    await eventually(
      async () => {
        const { num_ack_pending, ack_floor } = await broker.streamManager.consumers.info(stream, 'term');
        expect({ num_ack_pending, floor: ack_floor.stream_seq }).toEqual({ num_ack_pending: 0, floor: 2 });
      },
      { what: 'both are settled' },
    );
    // A redelivery would come after the acknowledgement period: a later message proves that it was waited for.
    await new Promise((resolve) => setTimeout(resolve, 700));
    await rig.publish(`${stream}.x`, 'later');
    await eventually(() => expect(heard).toEqual(['poison', 'fine', 'later']), { what: 'the later message is heard' });
  });

  it('extends a handler that is slower than the acknowledgement period, so that it runs once', async () => {
    const stream = await rig.stream();
    let started = 0;
    let finished = 0;
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name: 'slow' },
      start: { from: 'all' },
      ackWaitMs: 500,
      onMessage: async () => {
        started += 1;
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        finished += 1;
        return ACK;
      },
    });
    await rig.publish(`${stream}.x`, 'slow');
    const broker = await rig.broker();
    await eventually(async () => expect((await broker.streamManager.consumers.info(stream, 'slow')).ack_floor.stream_seq).toBe(1), {
      what: 'it is acknowledged',
    });
    const info = await broker.streamManager.consumers.info(stream, 'slow');
    expect({ started, finished, delivered: info.delivered.consumer_seq }).toEqual({ started: 1, finished: 1, delivered: 1 });
  });

  it('extends messages that wait for a free handler, too', async () => {
    const stream = await rig.stream();
    const order: string[] = [];
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name: 'queue' },
      start: { from: 'all' },
      ackWaitMs: 400,
      concurrency: 1,
      onMessage: async (delivery) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        order.push(`${text(delivery.payload)}#${delivery.deliveryCount}`);
        return ACK;
      },
    });
    await rig.publish(`${stream}.x`, 'a', 'b', 'c', 'd', 'e');
    await eventually(() => expect(order).toEqual(['a#1', 'b#1', 'c#1', 'd#1', 'e#1']), { what: 'all are handled in order, once' });
  });

  it('runs no more handlers at a time than it may', async () => {
    const stream = await rig.stream();
    let active = 0;
    let most = 0;
    let done = 0;
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'own', name: 'gate' },
      start: { from: 'all' },
      concurrency: 3,
      onMessage: async () => {
        most = Math.max(most, ++active);
        await new Promise((resolve) => setTimeout(resolve, 10));
        active -= 1;
        done += 1;
        return ACK;
      },
    });
    await rig.publish(`${stream}.x`, ...Array.from({ length: 30 }, (_, index) => String(index)));
    await eventually(() => expect(done).toBe(30), { what: 'all 30 are handled' });
    expect(most).toBe(3);
  });

  it('updates a group consumer whose settings have changed, where create alone is refused (error 10148)', async () => {
    const stream = await rig.stream();
    const group = {
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'group', durable: 'changed' },
      start: { from: 'all' },
      onMessage: () => ACK,
    } as const;
    await (await rig.loop({ ...group, ackWaitMs: 30_000 })).stop();
    await rig.loop({ ...group, ackWaitMs: 20_000 });
    const broker = await rig.broker();
    expect((await broker.streamManager.consumers.info(stream, 'changed')).config.ack_wait).toBe(20e9);
  });

  it('says at the start when the broker refuses the consumer', async () => {
    const stream = await rig.stream({ maxConsumers: 1 });
    await ownLoop(stream, 'first', () => undefined);
    await expect(ownLoop(stream, 'second', () => undefined)).rejects.toMatchObject({ code: 10026 });
  });
});
