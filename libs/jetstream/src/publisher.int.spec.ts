import { eventually } from '@whoosh/testing';
import { JetStreamPublisher } from './publisher.js';
import { Rig, bytes } from './rig.fixture.js';
import { lastMessageFor, messagesFor } from './stream-reads.js';

describe('publishing', () => {
  let rig: Rig;
  let publisher: JetStreamPublisher;
  beforeAll(async () => {
    rig = await Rig.start();
    publisher = new JetStreamPublisher(await rig.broker(), { deadlineMs: 2_000 });
  });
  afterAll(() => rig.close());

  it('stores an id once and says that the second is a duplicate', async () => {
    const stream = await rig.stream();
    const first = await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'id-1' });
    const second = await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'id-1' });
    expect(first).toEqual({ stream, sequence: 1, duplicate: false });
    expect(second).toEqual({ stream, sequence: 1, duplicate: true });
    expect(await messagesFor(await rig.broker(), stream, `${stream}.x`)).toHaveLength(1);
  });

  it('does not believe in a duplicate that a purge has removed', async () => {
    const stream = await rig.stream();
    await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'purged' });
    await (await rig.broker()).streamManager.streams.purge(stream);
    await expect(publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'purged' })).rejects.toMatchObject({
      code: 'publish_refused',
      reason: 'duplicate_not_stored',
    });
  });

  it('does not believe in a duplicate that another sender has stored under the same id', async () => {
    const stream = await rig.stream();
    await publisher.publish(`${stream}.other`, bytes('poison'), { messageId: 'predictable' });
    await expect(publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'predictable' })).rejects.toMatchObject({
      reason: 'duplicate_not_stored',
    });
  });

  it('takes a duplicate as stored when a later message has replaced it', async () => {
    const stream = await rig.stream({ maxMsgsPerSubject: 1 });
    await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'first' });
    await publisher.publish(`${stream}.x`, bytes('b'), { messageId: 'second' });
    expect(await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'first' })).toMatchObject({ sequence: 1, duplicate: true });
  });

  it('refuses what is too large, with the limit and the actual size, before it is sent', async () => {
    const stream = await rig.stream();
    const limit = publisher.maxPayloadBytes;
    const publishing = publisher.publish(`${stream}.x`, new Uint8Array(limit), { messageId: 'big' });
    await expect(publishing).rejects.toMatchObject({ code: 'publish_refused', reason: 'payload_too_large', limit: 1_048_576 });
    await expect(publishing).rejects.toMatchObject({ actual: limit + 'NATS/1.0\r\nNats-Msg-Id: big\r\n\r\n'.length });
  });

  it('stores what just fits', async () => {
    const stream = await rig.stream();
    const payload = new Uint8Array(publisher.maxPayloadBytes - 200);
    expect(await publisher.publish(`${stream}.x`, payload, { messageId: 'just' })).toMatchObject({ sequence: 1 });
  });

  it('refuses a header with a line break', async () => {
    const stream = await rig.stream();
    const publishing = publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'crlf', headers: { Project: 'a\r\nb' } });
    await expect(publishing).rejects.toMatchObject({ code: 'publish_refused', reason: 'invalid_header' });
  });

  it('says that no stream listens to the subject', async () => {
    const publishing = publisher.publish('no.such.stream', bytes('a'), { messageId: 'lost', deadlineMs: 300 });
    await expect(publishing).rejects.toMatchObject({ code: 'publish_refused', reason: 'no_stream', subject: 'no.such.stream' });
  });

  it('says at once that a full stream refuses it, instead of trying until the deadline', async () => {
    const stream = await rig.stream();
    await (await rig.broker()).streamManager.streams.update(stream, { max_bytes: 400, discard: 'new' });
    await publisher.publish(`${stream}.x`, new Uint8Array(200), { messageId: 'fits' });
    const startedAt = Date.now();
    await expect(publisher.publish(`${stream}.x`, new Uint8Array(300), { messageId: 'full' })).rejects.toMatchObject({
      reason: 'refused_by_stream',
    });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  it('refuses a compare-and-set when the subject has changed, and stores it when it has not', async () => {
    const stream = await rig.stream();
    await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'a', expectLastSubjectSequence: 0, expectStream: stream });
    await expect(
      publisher.publish(`${stream}.x`, bytes('b'), { messageId: 'b', expectLastSubjectSequence: 0, expectStream: stream }),
    ).rejects.toMatchObject({
      code: 'wrong_last_sequence',
      expected: 0,
    });
    expect(
      await publisher.publish(`${stream}.x`, bytes('b'), { messageId: 'b', expectLastSubjectSequence: 1, expectStream: stream }),
    ).toMatchObject({ sequence: 2 });
  });

  it('recognises its own write behind a wrong last sequence, also when others wrote after it', async () => {
    const stream = await rig.stream();
    const broker = await rig.broker();
    const own = { messageId: 'own', expectLastSubjectSequence: 0, expectStream: stream };
    // Stored without the broker remembering the id: as after its duplicate window, or on versions that check the sequence first.
    await broker.connection.request(`${stream}.x`, bytes('a'), { timeout: 1_000, headers: await ownId('own') });
    await publisher.publish(`${stream}.x`, bytes('later'), { messageId: 'later' });
    await broker.streamManager.streams.update(stream, { duplicate_window: 100_000_000 });
    await eventually(
      async () => expect(await publisher.publish(`${stream}.x`, bytes('a'), own)).toEqual({ stream, sequence: 1, duplicate: false }),
      {
        what: 'it is found',
      },
    );
    expect((await lastMessageFor(broker, stream, `${stream}.x`))?.sequence).toBe(2);
  });

  it('says that the outcome is unknown when the broker hangs, and the message may land later', async () => {
    const stream = await rig.stream();
    rig.server.pause();
    const publishing = publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'hanging', expectStream: stream });
    await expect(publishing).rejects.toMatchObject({ code: 'publish_unknown', messageId: 'hanging', deadlineMs: 2_000 });
    rig.server.resume();
    const broker = await rig.broker();
    await eventually(async () => expect(await messagesFor(broker, stream, `${stream}.x`)).toHaveLength(1), { what: 'it has landed, once' });
  });

  it('says that there is no connection when there was none', async () => {
    const stream = await rig.stream();
    const broker = await rig.broker();
    await rig.server.kill();
    await eventually(() => expect(broker.isConnected()).toBe(false), { what: 'the loss is noticed' });
    const publishing = publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'offline', deadlineMs: 300 });
    await expect(publishing).rejects.toMatchObject({ code: 'publish_refused', reason: 'not_connected' });
    await rig.server.restart();
    await eventually(() => expect(broker.isConnected()).toBe(true), { what: 'it is back' });
    expect(await publisher.publish(`${stream}.x`, bytes('a'), { messageId: 'offline' })).toMatchObject({ sequence: 1, duplicate: false });
  });
});

async function ownId(messageId: string) {
  const { headers } = await import('@nats-io/transport-node');
  const own = headers();
  own.set('Nats-Msg-Id', messageId);
  return own;
}
