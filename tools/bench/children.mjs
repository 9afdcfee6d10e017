// Child processes of the benchmark: started, spoken to, and always ended.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @returns {Promise<number>} a port that is free now */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Forks a script of this folder and waits until it says that it is ready.
 * @param {string} script @param {string[]} args
 */
export async function forkReady(script, args) {
  const child = fork(here(script), args, {
    execArgv: process.env.BENCH_PROFILE === script ? ['--cpu-prof', '--cpu-prof-dir=bench-results/profile'] : [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${script} ended with code ${code} before it was ready`)));
    child.on('message', (message) => message?.ready !== undefined && resolve(message));
  });
  child.removeAllListeners('exit');
  return child;
}

/** @param {'whoosh-coordinator' | 'chorus-agent'} app @param {Record<string, string>} env */
export function startApp(app, env) {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [here(`../../apps/${app}/bundle/main.js`)], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Asks a forked script to stop, and waits until it has, at most ten seconds. */
export async function leave(child) {
  const exited = once(child, 'exit');
  child.send('stop');
  await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 10_000).unref())]);
}

/** Ends a process, gently first. */
export async function end(child) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

/**
 * Asks until the answer is there.
 * @template T @param {() => Promise<T | undefined>} ask @param {string} what @param {number} timeoutMs
 * @returns {Promise<T>}
 */
export async function until(ask, what, timeoutMs = 60_000, everyMs = 50) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** @param {string} url @param {RequestInit} [init] */
export async function json(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${init?.method ?? 'GET'} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}
