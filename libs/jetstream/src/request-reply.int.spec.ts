import { eventually } from '@whoosh/testing';
import { listen, request, respond } from './request-reply.js';
import { Rig, bytes, text } from './rig.fixture.js';

describe('request and reply', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()));
  afterAll(() => rig.close());

  it('brings the reply, with headers both ways', async () => {
    const broker = await rig.broker();
    const answering = respond(broker, 'agents.a.offer', ({ payload, headers, subject }) =>
      bytes(`${subject} ${headers['traceparent']} ${text(payload)}`),
    );
    const reply = await request(broker, 'agents.a.offer', bytes('tpm?'), { timeoutMs: 1_000, headers: { traceparent: '00-1' } });
    expect(text(reply.payload)).toBe('agents.a.offer 00-1 tpm?');
    await answering.stop();
  });

  it('says at once that nobody listens', async () => {
    const asking = request(await rig.broker(), 'agents.gone.offer', bytes(''), { timeoutMs: 5_000 });
    const startedAt = Date.now();
    await expect(asking).rejects.toMatchObject({ code: 'no_responder', subject: 'agents.gone.offer' });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  it('says that no reply came in time', async () => {
    const broker = await rig.broker();
    let release: () => void = () => undefined;
    const answering = respond(broker, 'agents.slow.offer', () => new Promise((resolve) => (release = () => resolve(bytes('late')))));
    await expect(request(broker, 'agents.slow.offer', bytes(''), { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'request_timeout',
      timeoutMs: 100,
    });
    release();
    await answering.stop();
  });

  it('tells the asker at once that the other side failed, and logs it there', async () => {
    const broker = await rig.broker();
    const answering = respond(broker, 'agents.bad.offer', () => {
      throw Object.assign(new Error('not an\r\noffer'), { code: 'malformed_message' });
    });
    const asking = request(broker, 'agents.bad.offer', bytes(''), { timeoutMs: 5_000 });
    await expect(asking).rejects.toMatchObject({ code: 'request_refused', remoteCode: 'malformed_message', remoteMessage: 'not an offer' });
    expect(rig.log.find('A request could not be answered')).toMatchObject({ level: 'error', fields: { subject: 'agents.bad.offer' } });
    await answering.stop();
  });

  it('waits for what is being answered when it stops', async () => {
    const broker = await rig.broker();
    const answering = respond(broker, 'agents.busy.offer', async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return bytes('done');
    });
    const asking = request(broker, 'agents.busy.offer', bytes(''), { timeoutMs: 2_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await answering.stop();
    expect(text((await asking).payload)).toBe('done');
    await expect(request(broker, 'agents.busy.offer', bytes(''), { timeoutMs: 2_000 })).rejects.toMatchObject({ code: 'no_responder' });
  });

  it('answers again after a restart of the broker', async () => {
    const broker = await rig.broker();
    const answering = respond(broker, 'agents.back.offer', () => bytes('here'));
    await rig.server.restart();
    await eventually(
      async () => expect(text((await request(broker, 'agents.back.offer', bytes(''), { timeoutMs: 500 })).payload)).toBe('here'),
      { what: 'it answers' },
    );
    await answering.stop();
  });

  it('overhears what is published on a subject, and survives a listener that throws', async () => {
    const broker = await rig.broker();
    const heard: string[] = [];
    const listening = listen(broker, '$KV.agents.a', ({ payload, subject }) => {
      heard.push(`${subject} ${text(payload)}`);
      throw new Error('listener');
    });
    await broker.connection.flush();
    broker.connection.publish('$KV.agents.a', '1');
    broker.connection.publish('$KV.agents.b', '2');
    broker.connection.publish('$KV.agents.a', '3');
    await eventually(() => expect(heard).toEqual(['$KV.agents.a 1', '$KV.agents.a 3']), { what: 'both are heard' });
    expect(rig.log.find('A listener failed')).toBeDefined();
    await listening.stop();
    await listening.stop();
  });

  it('stops listening at once while the broker is away', async () => {
    const broker = await rig.broker();
    const answering = respond(broker, 'agents.away.offer', () => bytes('here'));
    await rig.server.kill();
    await eventually(() => !broker.isConnected(), { what: 'the connection is lost' });
    const startedAt = Date.now();
    await answering.stop();
    expect(Date.now() - startedAt).toBeLessThan(500);
    await rig.server.restart();
  });
});
