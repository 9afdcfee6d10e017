import { eventually } from '@whoosh/testing';
import { ACK } from './delivery.js';
import { PullLoop } from './pull-loop.js';
import { Rig, text } from './rig.fixture.js';

describe('a pull loop that ends', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()));
  afterAll(() => rig.close());

  it('waits for handlers in flight when it stops, gives queued messages back and removes its consumer', async () => {
    const stream = await rig.stream();
    const finished: string[] = [];
    let begun = 0;
    const loop = await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'group', durable: 'drain' },
      start: { from: 'all' },
      concurrency: 2,
      onMessage: async (delivery) => {
        begun += 1;
        await new Promise((resolve) => setTimeout(resolve, 300));
        finished.push(text(delivery.payload));
        return ACK;
      },
    });
    await rig.publish(`${stream}.x`, 'a', 'b', 'c', 'd');
    await eventually(() => expect({ begun, unsettled: loop.unsettled }).toEqual({ begun: 2, unsettled: 4 }), { what: 'two run, two wait' });
    expect(await loop.stop()).toBe(0);
    expect(finished).toEqual(['a', 'b']);
    const rest: string[] = [];
    const startedAt = Date.now();
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'group', durable: 'drain' },
      start: { from: 'all' },
      onMessage: (delivery) => {
        rest.push(text(delivery.payload));
        return ACK;
      },
    });
    await eventually(() => expect(rest.sort()).toEqual(['c', 'd']), { what: 'the rest is delivered at once' });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  it('leaves a handler behind that outlasts the drain, aborts its signal, and its message comes again', async () => {
    const stream = await rig.stream();
    let aborted = false;
    let begun = false;
    const loop = await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'group', durable: 'late' },
      start: { from: 'all' },
      onMessage: (delivery) => {
        begun = true;
        return new Promise((resolve) => delivery.signal.addEventListener('abort', () => resolve(((aborted = true), ACK))));
      },
    });
    await rig.publish(`${stream}.x`, 'endless');
    await eventually(() => expect(begun).toBe(true), { what: 'the handler runs' });
    expect(await loop.stop(100)).toBe(1);
    expect(aborted).toBe(true);
    const again: number[] = [];
    await rig.loop({
      stream,
      filterSubject: `${stream}.>`,
      consumer: { kind: 'group', durable: 'late' },
      start: { from: 'all' },
      onMessage: ({ deliveryCount }) => {
        again.push(deliveryCount);
        return ACK;
      },
    });
    await eventually(() => expect(again).toEqual([2]), { what: 'it is delivered again' });
  });

  it('leaves no consumer behind when it ends while it is still beginning', async () => {
    const stream = await rig.stream();
    const broker = await rig.broker();
    for (let round = 0; round < 10; round += 1) {
      const loop = new PullLoop({
        broker,
        stream,
        filterSubject: `${stream}.>`,
        consumer: { kind: 'own', name: `brief-${round}` },
        start: { from: 'all' },
        onMessage: () => ACK,
      });
      const starting = loop.start();
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      await loop.stop();
      await starting;
    }
    expect(await rig.consumers(stream)).toEqual([]);
  });

  it('leaves nothing behind after 20 rounds: no consumer, no subscription, no listener', async () => {
    const stream = await rig.stream();
    const broker = await rig.broker();
    const round = async (index: number): Promise<void> => {
      const loop = await rig.loop({
        stream,
        filterSubject: `${stream}.>`,
        consumer: { kind: 'own', name: `round-${index}` },
        start: { from: 'all' },
        onMessage: () => ACK,
      });
      await loop.stop();
    };
    await round(0);
    const listenersBefore = (broker as unknown as { listeners: Set<unknown> }).listeners.size;
    const subscriptionsBefore = await connectionSubscriptions(rig.server.monitorUrl);
    for (let index = 1; index <= 20; index += 1) await round(index);
    expect((broker as unknown as { listeners: Set<unknown> }).listeners.size).toBe(listenersBefore);
    expect(await rig.consumers(stream)).toEqual([]);
    await eventually(async () => expect(await connectionSubscriptions(rig.server.monitorUrl)).toBeLessThanOrEqual(subscriptionsBefore), {
      what: 'the subscriptions are gone',
    });
  });
});

async function connectionSubscriptions(monitorUrl: string): Promise<number> {
  const response = await fetch(`${monitorUrl}/subsz`);
  return ((await response.json()) as { num_subscriptions: number }).num_subscriptions;
}
