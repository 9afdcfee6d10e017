import { Controller, Module } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { eventually } from '@whoosh/testing';
import { RetryableError } from './handler.errors.js';
import { NestRig, moduleWith } from './nest-rig.fixture.js';
import { JetStreamPublisher } from './publisher.js';
import { Rig, bytes, text } from './rig.fixture.js';

describe('the JetStream transport of Nest', () => {
  let rig: Rig;
  let nest: NestRig;
  beforeAll(async () => {
    rig = await Rig.start();
    nest = new NestRig(rig);
  });
  afterAll(async () => {
    await nest.close();
    await rig.close();
  });

  it("hands a handler the decoded payload, and the wildcards' values by their names", async () => {
    const stream = await rig.stream();
    const seen: unknown[] = [];
    await nest.start(
      `${stream}.*.claims.*`,
      (data, context) => {
        const { params, tokens, subject, headers, sequence, deliveryCount, redelivered, pending, timestamp } = context;
        seen.push({
          data,
          params,
          tokens,
          subject,
          project: headers['Project'],
          sequence,
          deliveryCount,
          redelivered,
          pending,
          recent: Date.now() - timestamp.getTime() < 60_000,
        });
      },
      { parameters: ['councilId', 'agentId'], decode: (payload) => JSON.parse(text(payload)) as unknown },
    );
    const publisher = new JetStreamPublisher(await rig.broker());
    await publisher.publish(`${stream}.c-1.claims.a-7`, bytes('{"role":"tpm"}'), { messageId: 'm1', headers: { Project: 'whoosh' } });
    await eventually(() => expect(seen).toHaveLength(1), { what: 'it is handled' });
    expect(seen[0]).toEqual({
      data: { role: 'tpm' },
      params: { councilId: 'c-1', agentId: 'a-7' },
      tokens: [stream, 'c-1', 'claims', 'a-7'],
      subject: `${stream}.c-1.claims.a-7`,
      project: 'whoosh',
      sequence: 1,
      deliveryCount: 1,
      redelivered: false,
      pending: 0,
      recent: true,
    });
  });

  it('shows an error of a handler in the log, with its fields, and delivers again after the delay of the curve', async () => {
    const stream = await rig.stream();
    const at: number[] = [];
    await nest.start(
      `${stream}.x`,
      () => {
        at.push(Date.now());
        if (at.length < 3) throw new Error(`no luck in ${stream}`);
      },
      { retryDelaysMs: [150, 300] },
    );
    await rig.publish(`${stream}.x`, 'again');
    await eventually(() => expect(at).toHaveLength(3), { what: 'the third delivery succeeds' });
    const [first, second, third] = at as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(140);
    expect(third - second).toBeGreaterThanOrEqual(290);
    const line = rig.log.lines.find(({ fields, sentence }) => fields['stream'] === stream && sentence.includes('A handler failed'));
    expect(line).toMatchObject({
      level: 'warn',
      fields: { subject: `${stream}.x`, sequence: 1, delivery: 1, retry_in_ms: 150, err: new Error(`no luck in ${stream}`) },
    });
  });

  it('keeps to the delay that a RetryableError asks for', async () => {
    const stream = await rig.stream();
    const at: number[] = [];
    await nest.start(
      `${stream}.x`,
      () => {
        at.push(Date.now());
        if (at.length === 1) throw new RetryableError('busy', { delayMs: 200 });
      },
      { retryDelaysMs: [60_000], filter: false },
    );
    await rig.publish(`${stream}.x`, 'soon');
    await eventually(() => expect(at).toHaveLength(2), { what: 'it is delivered again' });
  });

  it('retries an error also where the filter was forgotten', async () => {
    const stream = await rig.stream();
    let deliveries = 0;
    await nest.start(
      `${stream}.x`,
      () => {
        if (++deliveries === 1) throw new Error('hidden by Nest');
      },
      { retryDelaysMs: [50], filter: false },
    );
    await rig.publish(`${stream}.x`, 'again');
    await eventually(() => expect(deliveries).toBe(2), { what: 'it is delivered again' });
  });

  it('refuses to start when handlers and subscriptions do not match, and names both', async () => {
    @Controller()
    class Odd {
      @EventPattern('unsubscribed.>')
      event(@Payload() _data: unknown): void {}

      @MessagePattern('asked')
      ask(@Payload() _data: unknown): void {}
    }
    class Root {}
    Module({ controllers: [Odd] })(Root);
    const starting = nest.launch(Root, {
      broker: await rig.broker(),
      subscriptions: [{ pattern: 'unhandled.>', stream: 'X', consumer: { kind: 'group', durable: 'd', start: { from: 'all' } } }],
    });
    await expect(starting).rejects.toMatchObject({
      name: 'SubscriptionMismatchError',
      handlersWithoutSubscription: ['unsubscribed.>', 'asked'],
      subscriptionsWithoutHandler: ['unhandled.>'],
      requestHandlers: ['asked'],
    });
  });

  it('waits for its handlers when the application closes, and removes its consumers', async () => {
    const stream = await rig.stream();
    let begun = false;
    let finished = false;
    const app = await nest.start(
      `${stream}.x`,
      async () => {
        begun = true;
        await new Promise((resolve) => setTimeout(resolve, 300));
        finished = true;
      },
      {},
    );
    await rig.publish(`${stream}.x`, 'last words');
    await eventually(() => expect(begun).toBe(true), { what: 'the handler runs' });
    await app.close();
    expect(finished).toBe(true);
    expect(await rig.consumers(stream)).toEqual([]);
  });

  it('tells hooks of each delivery and what became of it', async () => {
    const stream = await rig.stream();
    const events: string[] = [];
    let deliveries = 0;
    const pattern = `${stream}.x`;
    await nest.launch(
      moduleWith(pattern, () => {
        if (++deliveries === 1) throw new Error('once');
      }),
      {
        broker: await rig.broker(),
        logger: rig.log,
        subscriptions: [{ pattern, stream, retryDelaysMs: [20], consumer: { kind: 'own', name: 'hooked', start: { from: 'all' } } }],
        hooks: {
          onDelivered: ({ deliveryCount }) => void events.push(`delivered ${deliveryCount}`),
          onSettled: ({ deliveryCount }, outcome, durationMs) => void events.push(`${outcome} ${deliveryCount} ${durationMs >= 0}`),
        },
      },
    );
    await rig.publish(pattern, 'x');
    await eventually(() => expect(events).toEqual(['delivered 1', 'retry 1 true', 'delivered 2', 'ack 2 true']), { what: 'all is told' });
  });
});
