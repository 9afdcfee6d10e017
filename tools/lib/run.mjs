// Runs a command to its end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * @typedef {object} Outcome
 * @property {number} code the exit code; 128 + the signal's number when a signal ended it, 127 when it could not be started
 * @property {string} output standard output and standard error in the order of arrival
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
// Whoever ends this process ends what it waits for.
process.once('exit', () => running.forEach((child) => child.kill()));

/**
 * Runs a command and collects what it prints.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onText?: (text: string) => void }} [options] `onText` sees the output while it comes
 * @returns {Promise<Outcome>} never rejects
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.once('close', () => running.delete(child));
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
        options.onText?.(text);
      });
    }
    child.once('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.once('close', (code, signal) => resolve({ code: code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0), output }));
  });
}

/**
 * @param {string} text
 * @param {number} count
 * @returns {string} the last lines that are not empty
 */
export function lastLines(text, count) {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
