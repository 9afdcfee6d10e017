/** Where this library logs to: the shape of pino, so that a service passes its own logger. */
export interface BrokerLogger {
  debug(fields: Record<string, unknown>, sentence: string): void;
  info(fields: Record<string, unknown>, sentence: string): void;
  warn(fields: Record<string, unknown>, sentence: string): void;
  error(fields: Record<string, unknown>, sentence: string): void;
}

const nothing = (): void => undefined;

/** Discards everything: the default of everything here that takes a logger. */
export const SILENT: BrokerLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
