// One size of the benchmark: a broker, a coordinator, N agents, and the two baselines with N consumers each, all at the same time.
import { createRequire } from 'node:module';
import { startNatsServer } from '../../libs/testing/dist/index.js';
import { end, forkReady, freePort, json, leave, startApp, until } from './children.mjs';
import { percentiles, processUsage } from './statistics.mjs';

const require = createRequire(new URL('../../libs/jetstream/package.json', import.meta.url));
const { connect, headers } = require('@nats-io/transport-node');
const { jetstream, jetstreamManager } = require('@nats-io/jetstream');

const STREAM = 'BENCH';
const BARE = 'bench.bare';
const CORE = 'bench.core';

/** @param {{ agents: number, councils: number, roles: number, binary?: string }} options */
export async function runSize({ agents, councils, roles, binary }) {
  const server = await startNatsServer(binary === undefined ? {} : { binary });
  const children = [];
  const track = (child) => (children.push(child), child);
  try {
    const port = await freePort();
    const api = `http://127.0.0.1:${port}/api/v1`;
    const coordinator = track(
      startApp('whoosh-coordinator', {
        NATS_URL: server.url,
        WHOOSH_PORT: String(port),
        WHOOSH_HOST: '127.0.0.1',
        WHOOSH_LOG_LEVEL: 'error',
      }),
    );
    await until(() => json(`http://127.0.0.1:${port}/health/ready`), 'the start of the coordinator');
    const agent = await measureOneAgent(server.url, api, track);
    const fleet = track(await forkReady('fleet.mjs', [server.url, String(agents)]));
    await until(async () => ((await json(`${api}/agents`)).online === agents ? true : undefined), `${agents} agents online`, 180_000);
    const nc = await connect({ servers: server.url });
    await (await jetstreamManager(nc)).streams.add({ name: STREAM, subjects: [BARE], max_consumers: 20_000 });
    const baseline = track(await forkReady('baseline.mjs', [server.url, String(agents), STREAM, BARE, CORE]));
    const processes = { broker: server.pid, coordinator: coordinator.pid, fleet: fleet.pid };
    const measured = await rounds({ nc, baseline, api, agents, councils, roles, processes });
    await nc.close();
    return { agents, councils, roles, nats: server.version, agentProcess: agent, ...measured };
  } finally {
    await Promise.all(children.filter((child) => child.connected).map(leave));
    await Promise.all(children.map(end));
    await server.stop();
  }
}

/** One agent as a process of its own: how long until it is seen, and what it weighs when idle. */
async function measureOneAgent(natsUrl, api, track) {
  const startedAt = Date.now();
  const port = await freePort();
  const child = track(
    startApp('chorus-agent', {
      NATS_URL: natsUrl,
      CHORUS_AGENT_ID: 'bench-single',
      CHORUS_AGENT_PORT: String(port),
      CHORUS_LOG_LEVEL: 'error',
    }),
  );
  await until(() => json(`http://127.0.0.1:${port}/health/ready`), 'the start of one agent');
  const readyMs = Date.now() - startedAt;
  await until(async () => ((await json(`${api}/agents`)).online === 1 ? true : undefined), 'one agent online');
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const { rssMegabytes } = processUsage(child.pid);
  await end(child);
  await until(async () => ((await json(`${api}/agents`)).online === 0 ? true : undefined), 'the agent to leave');
  return { readyMs, idleRssMegabytes: rssMegabytes };
}

async function rounds({ nc, baseline, api, agents, councils, roles, processes }) {
  const js = jetstream(nc);
  const arrivals = new Map();
  baseline.on('message', (message) => arrivals.get(message.round)?.(message.samples));
  const samples = { core: [], bare: [], handled: [], answered: [], formation: [], request: [] };
  const ledger = { expected: 0, delivered: 0 };
  let sample;
  const usage = () => Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, processUsage(pid)]));
  const cpu = Object.fromEntries(Object.keys(processes).map((name) => [name, 0]));

  const baselineRound = async (name, publish) => {
    const arrived = new Promise((resolve) => arrivals.set(name, resolve));
    const h = headers();
    h.set('Round', name);
    h.set('Published-At', new Date().toISOString());
    await publish(h);
    const got = await arrived;
    arrivals.delete(name);
    return got;
  };
  // Two rounds of each to warm up, then the ones that count.
  for (let index = -2; index < councils; index += 1) {
    const counts = index >= 0;
    const payload = sample ?? new TextEncoder().encode('{}');
    const core = await baselineRound(`core-${index}`, async (h) => nc.publish(CORE, payload, { headers: h }));
    const bare = await baselineRound(`bare-${index}`, (h) => js.publish(BARE, payload, { headers: h, msgID: `bare-${index}` }));
    const before = usage();
    const council = await oneCouncil(api, roles, index);
    const after = usage();
    sample ??= new TextEncoder().encode(JSON.stringify({ ...council.document, changes: undefined, bid_book: undefined }));
    if (counts) {
      samples.core.push(...core);
      samples.bare.push(...bare);
      for (const delivery of council.deliveries) {
        if (delivery.state !== 'answered') continue;
        samples.handled.push(Date.parse(delivery.received_at) - council.publishedAtMs);
        samples.answered.push(Date.parse(delivery.answered_at) - council.publishedAtMs);
      }
      samples.formation.push(council.formationMs);
      samples.request.push(council.requestMs);
      ledger.expected += council.expected;
      ledger.delivered += council.delivered;
      for (const name of Object.keys(processes)) cpu[name] += after[name].cpuSeconds - before[name].cpuSeconds;
    }
    await json(`${api}/councils/${council.id}/complete`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  }
  const last = usage();
  return {
    latencyMs: Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, percentiles(values)])),
    delivery: {
      ...ledger,
      lost: ledger.expected - ledger.delivered,
      rate: ledger.delivered / ledger.expected,
      allAgents: ledger.expected === agents * councils,
    },
    usage: Object.fromEntries(
      Object.keys(processes).map((name) => [
        name,
        { cpuMsPerCouncil: (cpu[name] * 1_000) / councils, rssMegabytes: last[name].rssMegabytes },
      ]),
    ),
  };
}

/** Requests a council and waits until it is active and its ledger is closed. */
async function oneCouncil(api, roles, index) {
  const core_roles = Array.from({ length: roles }, (_, role) => `role-${role}`);
  const body = JSON.stringify({ project_name: `bench-${index}`, repository: 'https://example.org/bench', core_roles });
  const sentAtMs = Date.now();
  const created = await json(`${api}/councils`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const requestMs = Date.now() - sentAtMs;
  const id = created.council_id;
  // Looking disturbs what is measured: the times come from the documents, so one look after the fact is enough.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const document = await until(async () => {
    const council = await json(`${api}/councils/${id}`);
    return council.status === 'active' ? council : undefined;
  }, `council ${id} active`);
  const ledger = await until(async () => {
    const { attempts } = await json(`${api}/councils/${id}/deliveries`);
    return attempts.every((attempt) => attempt.closed_at !== undefined) ? attempts : undefined;
  }, `the ledger of council ${id}`);
  const [first] = ledger;
  return {
    id,
    document,
    requestMs,
    publishedAtMs: Date.parse(first.published_at),
    formationMs: Date.parse(document.active_at) - sentAtMs,
    expected: first.expected,
    delivered: first.delivered,
    deliveries: first.deliveries,
  };
}
