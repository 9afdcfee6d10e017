import { eventually, startNatsCluster, type NatsCluster } from '@whoosh/testing';
import { Broker } from './broker.js';
import { ACK } from './delivery.js';
import { PullLoop } from './pull-loop.js';
import { JetStreamPublisher } from './publisher.js';
import { LogRecorder, aStream, bytes, text } from './rig.fixture.js';
import { ensureTopology } from './topology.js';

describe('on a cluster of three', () => {
  let cluster: NatsCluster;
  let broker: Broker;
  const log = new LogRecorder();
  beforeAll(async () => {
    cluster = await startNatsCluster();
    broker = new Broker({ servers: [...cluster.urls], name: 'cluster test', logger: log, reconnectJitterMs: 100 });
    await broker.connect();
  });
  afterAll(async () => {
    await broker.drain();
    await cluster.stop();
  });

  it('a one-replica memory consumer whose server is killed is created anew under another name, and nothing is lost', async () => {
    await ensureTopology(broker, { streams: [aStream('HA')], buckets: [], replicas: 3 }, { deadlineMs: 30_000 });
    const publisher = new JetStreamPublisher(broker, { deadlineMs: 30_000 });
    const heard: string[] = [];
    const loops: PullLoop[] = [];
    // Several agents: their consumers are spread over the servers, so that some live where the connection does not go.
    for (let agent = 0; agent < 6; agent += 1) {
      const loop = new PullLoop({
        broker,
        logger: log,
        stream: 'HA',
        filterSubject: 'HA.>',
        consumer: { kind: 'own', name: `agent-${agent}` },
        start: { from: 'all' },
        onMessage: (delivery) => {
          heard.push(`${agent}:${text(delivery.payload)}`);
          return ACK;
        },
      });
      loops.push(loop);
      await loop.start();
    }
    await publisher.publish('HA.x', bytes('before'), { messageId: 'before' });
    await eventually(() => expect(heard).toHaveLength(6), { what: 'all have heard the first' });

    const leaders = await Promise.all(
      loops.map(async ({ consumerName }) => (await broker.streamManager.consumers.info('HA', consumerName ?? '')).cluster?.leader ?? ''),
    );
    const connectedTo = broker.serverInfo.serverName;
    const victim = leaders.find((leader) => leader !== connectedTo) ?? connectedTo;
    await cluster.byName(victim).kill();
    const killedAt = Date.now();
    await publisher.publish('HA.x', bytes('after'), { messageId: 'after' });
    const expected = [0, 1, 2, 3, 4, 5].flatMap((agent) => [`${agent}:after`, `${agent}:before`]);
    await eventually(() => expect([...heard].sort()).toEqual(expected), { what: 'all have heard the second', timeoutMs: 30_000 });
    process.stderr.write(
      `      [measured] nats-server ${broker.serverInfo.version}: all six heard again ${Date.now() - killedAt} ms after the kill\n`,
    );
    const moved = loops.filter((_, agent) => leaders[agent] === victim);
    expect(moved.length).toBeGreaterThan(0);
    for (const loop of moved) expect(loop.consumerName).toMatch(/-r\d+$/);
    await Promise.all(loops.map((loop) => loop.stop()));
    await cluster.byName(victim).restart();
  });
});
