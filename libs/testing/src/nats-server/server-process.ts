import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** One run of the nats-server binary. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, however it ended. */
  readonly exited: Promise<void>;
  /** Sends a signal and waits for the end; resolves at once when it has ended already. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Whether it runs (or is paused). */
  isRunning(): boolean;
}

/**
 * Starts a nats-server whose whole output is appended to a file.
 * A small watcher process kills it when this process ends in whatever way, so that no broker outlives its test.
 */
export function spawnServer(binary: string, args: readonly string[], logFile: string): ServerProcess {
  const log = openSync(logFile, 'a');
  const child = spawn(binary, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  let running = true;
  const exited = new Promise<void>((resolve) => {
    const ended = () => {
      running = false;
      resolve();
    };
    child.once('exit', ended);
    child.once('error', ended);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${binary} could not be started`);
  child.unref();
  const watcher = killWhenOrphaned(pid);
  void exited.then(() => watcher.kill('SIGKILL'));
  const end = async (signal: NodeJS.Signals) => {
    if (!running) return;
    // A server that nobody waits for must not keep this process alive; one that somebody waits for must.
    child.ref();
    child.kill(signal);
    await exited;
  };
  return { pid, exited, end, isRunning: () => running };
}

/** The watcher reads from a pipe that nobody writes to: it ends when this process does, even on SIGKILL. */
function killWhenOrphaned(pid: number): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$1" 2>/dev/null', 'nats-server-watcher', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group: Ctrl-C in a terminal must not end the watcher before the server.
    detached: true,
  });
  watcher.on('error', () => undefined);
  watcher.unref();
  (watcher.stdin as Socket | null)?.unref();
  return watcher;
}

/** The last lines of a log file, for an error message; empty when there is none. */
export async function logTail(logFile: string, lines = 15): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * Blocks until every thread of a process that got SIGSTOP has stopped, which takes a moment; half a second at most.
 * Where there is no /proc it returns at once.
 */
export function waitUntilStopped(pid: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 500 && !allThreadsStopped(pid); tries += 1) Atomics.wait(clock, 0, 0, 1);
}

function allThreadsStopped(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.every((thread) => /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
  } catch {
    return true;
  }
}
