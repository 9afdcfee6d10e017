import type { Logger } from '../logging/logger.js';

/** A started service. */
export interface RunningService {
  /** Finishes what is in hand and lets go of everything. */
  stop(): Promise<void>;
}

/** What a process needs of Node's `process`. */
export interface ProcessPort {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
  /** Where an error goes while there is no logger yet. */
  writeError(text: string): void;
}

/** One process of ours. */
export interface ServiceOptions {
  readonly name: string;
  /**
   * Starts the service.
   * @param signal aborted when the process is told to stop before the start is over
   * @param context `useLogger` makes later messages of the life cycle go through the service's logger
   */
  readonly start: (signal: AbortSignal, context: { useLogger(logger: Logger): void }) => Promise<RunningService>;
  /** When it is known beforehand. */
  readonly logger?: Logger;
  /** How long `stop` may take; 10 000 unless told. */
  readonly stopTimeoutMs?: number;
  /** Node's process unless told. */
  readonly process?: ProcessPort;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * The life of a process. An error at the start is said once, with its remedy, and ends it with exit code 1. SIGTERM and SIGINT stop it:
 * exit code 0 when `stop` came to its end in time, else 1; a second signal ends it at once. An unhandled rejection or exception is an
 * ERROR and ends it with 1.
 * @param options what to start and how long its stop may take
 * @returns settles when the service has started, or when the process was asked to exit
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const port = options.process ?? nodeProcess;
  const starting = new AbortController();
  let logger = options.logger;
  let running: RunningService | undefined;
  let stopping = false;

  const exit = (code: number) => {
    for (const signal of STOP_SIGNALS) port.off(signal, onSignal);
    port.exit(code);
  };
  const stop = async (service: RunningService): Promise<void> => {
    const ended = await withDeadline(service.stop(), options.stopTimeoutMs ?? 10_000);
    if (ended.outcome === 'done') logger?.info('Stopped');
    else if (ended.outcome === 'late')
      logger?.error({ stop_timeout_ms: options.stopTimeoutMs ?? 10_000 }, 'Stopping took too long; what was in hand is lost');
    else logger?.error({ error: ended.error }, 'Stopping failed');
    exit(ended.outcome === 'done' ? 0 : 1);
  };
  const onSignal = (signal: string) => {
    if (stopping) return exit(1);
    stopping = true;
    logger?.info({ signal }, 'Stopping');
    starting.abort(new Error(`stopped by ${signal}`));
    if (running) void stop(running);
  };
  const onCrash = (error: unknown) => {
    if (logger) logger.fatal({ error }, 'An error was not handled; the process ends');
    else port.writeError(`${options.name}: an error was not handled: ${describe(error)}\n`);
    exit(1);
  };

  for (const signal of STOP_SIGNALS) port.on(signal, onSignal);
  port.on('uncaughtException', onCrash);
  port.on('unhandledRejection', onCrash);
  try {
    running = await options.start(starting.signal, { useLogger: (given) => (logger = given) });
  } catch (error) {
    if (stopping) return exit(0);
    if (logger) logger.fatal(bootErrorFields(error), `Cannot start: ${describe(error)}`);
    else port.writeError(`${options.name} cannot start: ${describe(error)}\n`);
    return exit(1);
  }
  if (stopping) await stop(running);
}

type StopOutcome = { outcome: 'done' } | { outcome: 'late' } | { outcome: 'failed'; error: unknown };

async function withDeadline(work: Promise<void>, timeoutMs: number): Promise<StopOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<StopOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ outcome: 'late' }), timeoutMs);
  });
  const done = work.then(
    (): StopOutcome => ({ outcome: 'done' }),
    (error: unknown): StopOutcome => ({ outcome: 'failed', error }),
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}

/** Our own errors say all there is to say in their message; of a foreign one the stack is needed. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return hasCode(error) ? error.message : (error.stack ?? error.message);
}

function bootErrorFields(error: unknown): Record<string, unknown> {
  if (!hasCode(error)) return { error };
  return { code: error.code, ...('violations' in error ? { violations: error.violations } : {}) };
}

function hasCode(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[a-z_]+$/.test(error.code);
}

const nodeProcess: ProcessPort = {
  on: (event, listener) => process.on(event, listener as (...args: unknown[]) => void),
  off: (event, listener) => process.off(event, listener as (...args: unknown[]) => void),
  exit: (code) => process.exit(code),
  writeError: (text) => void process.stderr.write(text),
};
