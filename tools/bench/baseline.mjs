// What the product is compared with, in a process of its own: the same number of bare @nats-io/jetstream consumer loops, each on its own
// connection with its own in-memory consumer, and as many core subscriptions (the floor). Started by tools/bench.mjs.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../libs/jetstream/package.json', import.meta.url));
const { connect } = require('@nats-io/transport-node');
const { jetstream, jetstreamManager, AckPolicy, DeliverPolicy } = require('@nats-io/jetstream');

const [, , natsUrl, count, stream, bareSubject, coreSubject] = process.argv;
const connections = [];
/** @type {Map<string, number[]>} */
const rounds = new Map();

const record = (message) => {
  const now = Date.now();
  const round = message.headers.get('Round');
  const samples = rounds.get(round) ?? [];
  rounds.set(round, samples);
  samples.push(now - Date.parse(message.headers.get('Published-At')));
  if (samples.length === Number(count)) {
    rounds.delete(round);
    process.send?.({ round, samples });
  }
};

const start = async (index) => {
  const nc = await connect({ servers: natsUrl, name: `bare ${index}` });
  connections.push(nc);
  nc.subscribe(coreSubject, { callback: (_error, message) => record(message) });
  const manager = await jetstreamManager(nc);
  const name = `bare-${index}`;
  await manager.consumers.add(stream, {
    name,
    filter_subject: bareSubject,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.New,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: 600e9,
  });
  const consumer = await jetstream(nc).consumers.get(stream, name);
  await consumer.consume({
    callback: (message) => {
      JSON.parse(message.string());
      record(message);
      message.ack();
    },
  });
  await nc.flush();
};

const numbers = Array.from({ length: Number(count) }, (_, index) => index);
while (numbers.length > 0) await Promise.all(numbers.splice(0, 20).map(start));
process.send?.({ ready: connections.length });

process.on('message', async (message) => {
  if (message !== 'stop') return;
  await Promise.all(connections.map((nc) => nc.close()));
  process.exit(0);
});
