import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '@whoosh/testing';
import { ROOT } from '../testing/command.js';
import { reaper } from './reaper.js';

/** The applications, by the folder that they stand in. */
export type Application = 'whoosh-coordinator' | 'chorus-agent';

/** One line of a process' JSON log. */
export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended; one of the two is `null`. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Environment variables of the service; `undefined` takes one away. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Variables that decide what a service does: a developer's own must not reach the tests. */
const DECIDING = /^(WHOOSH_|CHORUS_|NATS_|OTEL_|NODE_OPTIONS$)/;

/** One of our services as a process of its own, started from the bundle that images hold too. */
export class ServiceProcess {
  /** In the order in which they were written. */
  readonly log: LogLine[] = [];
  /** Settles when it has ended and everything that it wrote is read. */
  readonly ended: Promise<ProcessEnd>;
  private readonly child: ChildProcess;
  private readonly text: string[] = [];
  private end: ProcessEnd | undefined;

  constructor(
    readonly name: string,
    application: Application,
    settings: Settings,
  ) {
    const main = join(ROOT, 'apps', application, 'bundle/main.js');
    if (!existsSync(main)) throw new Error(`${main} is missing: build it with "npx nx bundle ${application}"`);
    const inherited = Object.entries(process.env).filter(([variable]) => !DECIDING.test(variable));
    const child = spawn(process.execPath, [main], {
      env: { ...Object.fromEntries(inherited), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    const { pid } = child;
    if (pid !== undefined) reaper.watch(pid);
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => this.take(line));
    this.ended = once(child, 'close').then(([code, signal]) => {
      if (pid !== undefined) reaper.forget(pid);
      return (this.end = { code: code as number | null, signal: signal as NodeJS.Signals | null });
    });
  }

  /** Everything that it wrote, for error messages. */
  get output(): string {
    return this.text.join('\n');
  }

  get isRunning(): boolean {
    return this.end === undefined;
  }

  /** The log lines with this sentence whose fields are these. */
  lines(sentence: string, fields: Readonly<Record<string, unknown>> = {}): LogLine[] {
    return this.log.filter((line) => line.msg === sentence && Object.entries(fields).every(([name, value]) => line[name] === value));
  }

  /**
   * Waits for a log line.
   * @param after how many such lines to leave aside, because they were there before
   * @returns the first with this sentence and these fields
   * @throws EventuallyTimeoutError with the end of the log
   */
  async says(sentence: string, fields: Readonly<Record<string, unknown>> = {}, after = 0): Promise<LogLine> {
    return eventually(
      () => {
        const line = this.lines(sentence, fields)[after];
        if (line === undefined) throw new Error(`the end of its log:\n${this.text.slice(-15).join('\n')}`);
        return line;
      },
      { what: `${this.name} says "${sentence}"`, timeoutMs: 15_000, giveUpWhen: () => !this.isRunning },
    );
  }

  /** Sends a signal; SIGSTOP and SIGCONT pause and resume. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends a signal and waits for the end. */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    if (this.isRunning) this.child.kill(name);
    return this.ended;
  }

  private take(line: string): void {
    this.text.push(line);
    if (!line.startsWith('{')) return;
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      // A crash may print part of a source line; it is in `output`.
    }
  }
}
