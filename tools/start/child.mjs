// A process that `npm start` owns.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { lastLines } from '../lib/run.mjs';
import { processStamp } from './process-stamp.mjs';
import { StartError } from './start-error.mjs';

/** One child: its output goes to a log file, it hears no Ctrl-C but what its owner tells it. */
export class Child {
  /**
   * @param {{ name: string, command: string, args: string[], env?: Record<string, string | undefined>, log: string }} options
   */
  constructor({ name, command, args, env, log }) {
    this.name = name;
    this.log = log;
    this.stopping = false;
    const out = openSync(log, 'w');
    // A group of its own: a terminal's Ctrl-C reaches the owner alone, which stops its children in order.
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', out, out], detached: true });
    closeSync(out);
    this.process = child;
    /** Settles when the process has ended. @type {Promise<string>} how, in words */
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started (${error.message})`));
      child.once('exit', (code, signal) => resolve(`ended (${signal === null ? `exit code ${code}` : `signal ${signal}`})`));
    });
    this.hasEnded = false;
    void this.ended.then(() => (this.hasEnded = true));
    this.stamp = child.pid === undefined ? undefined : processStamp(child.pid);
  }

  /** @returns {import('./run-state.mjs').KnownProcess} */
  get known() {
    return { name: this.name, pid: this.process.pid ?? 0, stamp: this.stamp };
  }

  /** @returns {Promise<string>} settles when the process ends without having been told to: how, in words */
  async endedByItself() {
    const how = await this.ended;
    return this.stopping ? new Promise(() => {}) : how;
  }

  /** @returns {Promise<never>} rejects when the process ends without having been told to */
  async unexpectedEnd() {
    const how = await this.endedByItself();
    throw new StartError(`${this.name} ${how}. Its last log lines (${this.log}):\n${this.lastLogLines(12)}`);
  }

  /** @param {number} count @returns {string} readable, whether the log is JSON or text */
  lastLogLines(count) {
    const text = lastLines(readFileSync(this.log, 'utf8'), count);
    return text
      .split('\n')
      .map((line) => `  ${readable(line)}`)
      .join('\n');
  }

  /**
   * Tells the process to stop, and ends it when it does not.
   * @param {number} graceMs
   * @returns {Promise<boolean>} whether it stopped by itself
   */
  async stop(graceMs) {
    this.stopping = true;
    if (this.hasEnded || this.process.pid === undefined) return true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    const how = await this.ended;
    clearTimeout(timer);
    return !how.includes('SIGKILL');
  }

  /** Ends the process at once. */
  kill() {
    this.stopping = true;
    this.process.kill('SIGKILL');
  }
}

/** @param {string} line */
function readable(line) {
  try {
    const { level, time, msg, error } = JSON.parse(line);
    return [String(time).slice(11, 23), level, msg, error?.message].filter(Boolean).join(' ');
  } catch {
    return line;
  }
}

/** @param {string} name @returns {string} the file name of a child's log */
export function logName(name) {
  return `${basename(name)}.log`;
}
