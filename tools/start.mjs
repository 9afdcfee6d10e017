// `npm start`: a broker, a coordinator and agents on this machine, and one council to look at. Ctrl-C stops what it started.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { bootstrap, BootstrapError } from './bootstrap.mjs';
import { withLock } from './lib/lock.mjs';
import { bold, dim, red, step, yellow } from './lib/progress.mjs';
import { root, startFolder } from './lib/workspace.mjs';
import { startBroker } from './start/broker.mjs';
import { StartError } from './start/start-error.mjs';
import { formCouncil } from './start/demonstration.mjs';
import { natsAddresses } from './start/nats-url.mjs';
import { parseOptions, USAGE, UsageError } from './start/options.mjs';
import { parentGone } from './start/parent.mjs';
import { forgetEarlierAgents } from './start/presence.mjs';
import { processStamp } from './start/process-stamp.mjs';
import { endOrphans, readRunState, removeRunState, runs, writeRunState } from './start/run-state.mjs';
import { portMustBeFree, startAgents, startCoordinator } from './start/services.mjs';

/** @typedef {import('./start/child.mjs').Child} Child */
/** @typedef {import('./start/run-state.mjs').RunState} RunState */

const logs = join(startFolder, 'logs');

/** Everything that this process started, in the order of its start. @type {Child[]} */
const children = [];
/** @type {RunState} */
const state = {
  owner: { name: 'npm start', pid: process.pid, stamp: processStamp(process.pid) },
  phase: 'starting',
  startedAt: new Date().toISOString(),
  agents: 0,
  children: [],
};

/** @param {Child} child */
function own(child) {
  children.push(child);
  state.children = children.map(({ known }) => known);
  writeRunState(state);
}

/** @type {(error: unknown) => void} */
let onCrash = () => {};
/** Rejects when the broker or the coordinator ends, without which nothing works. @type {Promise<never>} */
const crash = new Promise((_resolve, reject) => (onCrash = reject));
crash.catch(() => {});

/** @param {Child[]} started */
function watch(started) {
  for (const child of started) child.unexpectedEnd().catch(onCrash);
}

/** An agent that ends is what councils are made to survive. @param {Child[]} agents */
function watchAgents(agents) {
  let left = agents.length;
  for (const agent of agents) {
    void agent.endedByItself().then((how) => {
      left -= 1;
      const roles =
        left > 0
          ? 'its roles go to the next bidder that is free, once three of its beats are missing'
          : 'no agent is left to take its roles';
      console.log(yellow(`${agent.name} ${how}; ${roles}. Its log: ${shownPath(agent.log)}`));
    });
  }
}

/** @param {import('./start/options.mjs').StartOptions} options */
async function startAll({ agents, port }) {
  if (process.env['NATS_URL']) natsAddresses(process.env['NATS_URL']);
  if (port !== undefined) await portMustBeFree(port);
  await bootstrap();
  freshLogs();
  const broker = await step('Broker', async (note) => {
    const started = await startBroker({ logs, own, note });
    // Without it the first council is merely slower, and a broker whose store cannot be read is the coordinator's to report.
    if (started.child) await forgetEarlierAgents(started.url).catch(() => {});
    return started;
  });
  const natsUrl = broker.url;
  if (broker.child) watch([broker.child]);
  const coordinator = await step('Coordinator', (note) => startCoordinator({ logs, own, note, natsUrl }, port));
  watch([coordinator.child]);
  if (agents > 0) watchAgents(await step('Agents', (note) => startAgents({ logs, own, note, natsUrl }, agents, coordinator.url)));
  Object.assign(state, { phase: 'running', url: coordinator.url, natsUrl, monitorUrl: broker.monitorUrl });
  writeRunState(state);
  const council = agents > 0 ? await step('Council', (note) => formCouncil(coordinator.url, agents, note)) : undefined;
  showOutcome(council);
  showAddresses(state);
}

/** Logs of the run before are kept one run long. */
function freshLogs() {
  if (existsSync(logs)) {
    rmSync(`${logs}.previous`, { recursive: true, force: true });
    renameSync(logs, `${logs}.previous`);
  }
  mkdirSync(logs, { recursive: true });
}

/** @param {Awaited<ReturnType<typeof formCouncil>> | undefined} council */
function showOutcome(council) {
  if (council === undefined) return;
  const reach = `${council.answered} of ${council.expected} agents answered`;
  console.log(`\nCouncil ${council.id} is ${bold(council.status)} after ${council.tookMs} ms; ${reach}.`);
  const width = Math.max(...council.roles.map(({ role }) => role.length));
  for (const { role, state: roleState, agent } of council.roles)
    console.log(`  ${role.padEnd(width)}  ${agent === undefined ? yellow(roleState) : `→ ${agent}`}`);
}

/** @param {RunState} run */
function showAddresses({ url, natsUrl, monitorUrl }) {
  const lines = [
    ['API', `${url}/api/v1/councils`],
    ['Try it out', `${url}/docs`],
    ['Agents', `${url}/api/v1/agents`],
    ['Metrics', `${url}/metrics`],
    ['NATS', [natsUrl, monitorUrl && dim(`(monitoring ${monitorUrl})`)].filter(Boolean).join(' ')],
    ['Logs', shownPath(logs)],
  ];
  console.log('');
  for (const [name = '', value] of lines) console.log(`  ${name.padEnd(10)}  ${value}`);
  const body = `'{"project_name":"my-project","repository":"https://git.example.org/my-project","core_roles":["tpm","developer"]}'`;
  console.log(`\nForm a council yourself:\n  curl -X POST ${url}/api/v1/councils -H 'Content-Type: application/json' \\\n    -d ${body}`);
}

/** @param {string} path @returns {string} relative where that is shorter */
function shownPath(path) {
  const inCheckout = relative(root, path);
  return inCheckout.startsWith('..') ? path : inCheckout;
}

/** Agents leave first, so that the coordinator hears of it; the broker goes last. */
async function stopAll() {
  const stop = async (/** @type {(child: Child) => boolean} */ chosen, /** @type {number} */ graceMs) => {
    const stopped = await Promise.all(children.filter(chosen).map(async (child) => ((await child.stop(graceMs)) ? undefined : child.name)));
    for (const name of stopped) if (name !== undefined) console.log(yellow(`${name} did not stop in time and was ended.`));
  };
  await stop(({ name }) => name.startsWith('agent-'), 15_000);
  await stop(({ name }) => name === 'coordinator', 15_000);
  await stop(() => true, 15_000);
  removeRunState();
}

/**
 * Takes the checkout for this process, unless another `npm start` has it.
 * @param {number} agents
 * @returns {Promise<RunState | undefined>} the other's state
 */
function claimCheckout(agents) {
  return withLock(
    join(startFolder, 'run.lock'),
    async () => {
      const other = readRunState();
      if (other && runs(other.owner)) return other;
      const ended = other ? await endOrphans(other) : [];
      if (ended.length > 0) console.log(yellow(`Ended what an earlier npm start left behind: ${ended.join(', ')}.`));
      writeRunState({ ...state, agents });
      state.agents = agents;
      return undefined;
    },
    () => {},
  );
}

/** @param {RunState} other */
function showOther(other) {
  const what = other.phase === 'starting' ? 'is starting' : `runs since ${other.startedAt} with ${other.agents} agents`;
  console.log(
    `npm start ${what} in this checkout already (process ${other.owner.pid}). Stop it there with Ctrl-C, or: kill ${other.owner.pid}`,
  );
  if (other.phase === 'running') showAddresses(other);
}

/** Told once by the first signal. @returns {Promise<string>} */
function firstSignal() {
  return new Promise((resolve) => {
    let since = 0;
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => {
        // npm passes on a Ctrl-C that the terminal has sent to this process already: that is no second one.
        if (since > 0 && Date.now() - since > 1_500) for (const child of children) child.kill();
        since ||= Date.now();
        resolve(signal);
      });
    }
  });
}

/** @param {import('./start/options.mjs').StartOptions} options @returns {Promise<number>} the exit code */
async function main(options) {
  // A terminal that closes takes standard output with it; what was started must be stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const other = await claimCheckout(options.agents);
  if (other) {
    showOther(other);
    return 0;
  }
  const signal = Promise.race([firstSignal(), parentGone()]);
  const keepAlive = setInterval(() => {}, 60_000);
  try {
    const up = startAll(options).then(() =>
      console.log(`\n${bold('Ctrl-C stops everything.')} State is kept in ${shownPath(startFolder)}.`),
    );
    await Promise.race([signal, crash, up]);
    await Promise.race([signal, crash]);
    console.log(`\n${dim('Stopping …')}`);
    await stopAll();
    console.log('Stopped.');
    return 0;
  } catch (error) {
    const expected = error instanceof StartError || error instanceof BootstrapError || (error instanceof Error && 'code' in error);
    console.error(red(expected ? error.message : String(error instanceof Error ? error.stack : error)));
    await stopAll();
    return 1;
  } finally {
    clearInterval(keepAlive);
    await wait(0);
  }
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(USAGE);
  else process.exit(await main(options));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
