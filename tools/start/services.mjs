// The coordinator and the agents of `npm start`, as real processes from their bundles.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../lib/workspace.mjs';
import { ask } from './api.mjs';
import { Child, logName } from './child.mjs';
import { StartError } from './start-error.mjs';
import { skillOf } from './demonstration.mjs';
import { freePortFrom, isFree } from './ports.mjs';

/** @typedef {{ logs: string, own: (child: Child) => void, note: (text: string) => void, natsUrl: string }} Context */

const HOST = '127.0.0.1';

function coordinatorHost() {
  return process.env['WHOOSH_HOST'] ?? HOST;
}

/**
 * @param {number} port of the coordinator
 * @throws StartError when another process has it
 */
export async function portMustBeFree(port) {
  if (await isFree(port, coordinatorHost())) return;
  throw new StartError(`Port ${port} is taken by another process. Stop it, choose another with --port, or leave the choice to npm start.`);
}

/**
 * @param {Context} context
 * @param {number | undefined} wanted a port that must be it; `undefined`: 8080 or the next free one
 * @returns {Promise<{ url: string, child: Child }>} ready
 */
export async function startCoordinator({ logs, own, note, natsUrl }, wanted) {
  const host = coordinatorHost();
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePortFrom(8080, host));
    const url = `http://localhost:${port}`;
    const child = new Child({
      name: 'coordinator',
      command: process.execPath,
      args: [join(root, 'apps/whoosh-coordinator/bundle/main.js')],
      env: { NATS_URL: natsUrl, WHOOSH_HOST: host, WHOOSH_PORT: String(port) },
      log: join(logs, logName('coordinator')),
    });
    own(child);
    try {
      await Promise.race([ready(`${url}/health/ready`), child.unexpectedEnd()]);
      note(url);
      return { url, child };
    } catch (error) {
      const taken = error instanceof StartError && /port \d+ is taken|EADDRINUSE/i.test(error.message);
      if (!taken || wanted !== undefined || attempt === 3) throw error;
    }
  }
}

/** @param {string} url */
async function ready(url) {
  for (const deadline = Date.now() + 60_000; ; await wait(50)) {
    const { status, body } = await ask(url);
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`The coordinator is not ready after 60 s: ${JSON.stringify(body)}`);
  }
}

/**
 * @param {Context} context
 * @param {number} count
 * @param {string} api URL of the coordinator
 * @returns {Promise<Child[]>} all of them online, by what the coordinator knows
 */
export async function startAgents({ logs, own, note, natsUrl }, count, api) {
  const startedAt = Date.now();
  const agents = Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const child = new Child({
      name: `agent-${number}`,
      command: process.execPath,
      args: ['--max-semi-space-size=1', join(root, 'apps/chorus-agent/bundle/main.js')],
      env: {
        NATS_URL: natsUrl,
        CHORUS_AGENT_ID: `agent-${number}`,
        CHORUS_AGENT_NAME: `CHORUS-Agent-${number}`,
        CHORUS_AGENT_HOST: process.env['CHORUS_AGENT_HOST'] ?? HOST,
        CHORUS_AGENT_PORT: '0',
        CHORUS_SKILLS: process.env['CHORUS_SKILLS'] ?? skillOf(index),
      },
      log: join(logs, logName(`agent-${number}`)),
    });
    own(child);
    return child;
  });
  await Promise.race([online(api, count, startedAt, note, logs), ...agents.map((child) => child.unexpectedEnd())]);
  return agents;
}

/**
 * @param {string} api
 * @param {number} count
 * @param {number} startedAt earlier agents of the same id do not count
 * @param {(text: string) => void} note
 * @param {string} logs
 */
async function online(api, count, startedAt, note, logs) {
  for (const deadline = Date.now() + 60_000 + count * 500; ; await wait(100)) {
    const { status, body } = await ask(`${api}/api/v1/agents`);
    const agents = status === 200 ? body.agents : [];
    const ours = agents.filter(
      (/** @type {any} */ agent) =>
        /^agent-\d+$/.test(agent.agent_id) && agent.liveness === 'online' && Date.parse(agent.started_at) >= startedAt,
    );
    note(`${ours.length} of ${count} online`);
    if (ours.length >= count) return;
    if (Date.now() > deadline) throw new StartError(`Only ${ours.length} of ${count} agents came online; see their logs in ${logs}.`);
  }
}
