// What `npm start` left in .whoosh/run.json about itself, for the next `npm start` in the same checkout.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readJson, startFolder } from '../lib/workspace.mjs';
import { processStamp } from './process-stamp.mjs';

const file = join(startFolder, 'run.json');

/** @typedef {{ name: string, pid: number, stamp: string | undefined }} KnownProcess */

/**
 * @typedef {object} RunState
 * @property {KnownProcess} owner the `npm start` itself
 * @property {'starting' | 'running'} phase
 * @property {string} startedAt
 * @property {number} agents
 * @property {string} [url] of the coordinator
 * @property {string} [natsUrl]
 * @property {string} [monitorUrl]
 * @property {KnownProcess[]} children
 */

/** @param {KnownProcess} known @returns {boolean} whether it still runs */
export function runs({ pid, stamp }) {
  return stamp !== undefined && processStamp(pid) === stamp;
}

/** @returns {RunState | undefined} the state that was left, whether or not its process still runs */
export function readRunState() {
  if (!existsSync(file)) return undefined;
  try {
    return readJson(file);
  } catch {
    return undefined; // half-written by a process that was killed
  }
}

/** @param {RunState} state */
export function writeRunState(state) {
  mkdirSync(startFolder, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Forgets the run. */
export function removeRunState() {
  rmSync(file, { force: true });
}

/**
 * Ends what a killed `npm start` left behind: processes that it recorded and that are still the same ones.
 * @param {RunState} state whose owner is gone
 * @returns {Promise<string[]>} the names of the processes that were ended
 */
export async function endOrphans(state) {
  const orphans = state.children.filter(runs);
  for (const { pid } of orphans) kill(pid, 'SIGTERM');
  for (const deadline = Date.now() + 10_000; orphans.some(runs) && Date.now() < deadline;) await wait(50);
  for (const { pid } of orphans.filter(runs)) kill(pid, 'SIGKILL');
  return orphans.map(({ name }) => name);
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
