import { pino } from 'pino';
import type { Logger as PinoLogger } from 'pino';
import { PrettyStream } from './pretty-stream.js';

/** Writes one line per call: a fixed sentence and fields, `logger.info({ council_id }, 'sentence')`. */
export type Logger = PinoLogger;

/** From quiet to talkative. `fatal` is for a process that cannot go on. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every line of a process has in common. */
export interface LoggerOptions {
  /** The service, in the field `name` of each line. */
  readonly name: string;
  readonly level: LogLevel;
  /** Coloured lines for people; unless told, exactly when standard output is a terminal. */
  readonly pretty?: boolean;
  /** Fields of every line, e.g. `{ agent_id }`. */
  readonly base?: Record<string, unknown>;
  /** Where lines go; standard output unless told. */
  readonly destination?: { write(line: string): void };
}

/**
 * A logger that writes JSON lines (`level` as a word, `time` as RFC 3339 with milliseconds, `msg`), or pretty lines on a terminal.
 * Lines are written synchronously: none is lost when the process exits, and no thread pool is started for them.
 * @param options name, level and fields
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { name: options.name, ...options.base },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    errorKey: 'error',
  };
  if (options.pretty ?? (options.destination === undefined && process.stdout.isTTY))
    return pino(settings, new PrettyStream(options.destination));
  return pino(settings, options.destination ?? pino.destination({ fd: 1, sync: true }));
}
