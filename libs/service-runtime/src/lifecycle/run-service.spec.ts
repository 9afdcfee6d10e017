import { ConfigError } from '../config/config.errors.js';
import { createLogger } from '../logging/logger.js';
import { runService } from './run-service.js';
import type { ProcessPort, ServiceOptions } from './run-service.js';

class FakeProcess implements ProcessPort {
  private readonly listeners = new Map<string, (...args: never[]) => void>();
  readonly errors: string[] = [];
  private resolve: (code: number) => void = () => {};
  readonly exited = new Promise<number>((resolve) => (this.resolve = resolve));

  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, listener);
  }
  off(event: string): void {
    this.listeners.delete(event);
  }
  exit(code: number): void {
    this.resolve(code);
  }
  writeError(text: string): void {
    this.errors.push(text);
  }
  emit(event: string, argument: unknown): void {
    (this.listeners.get(event) as ((argument: unknown) => void) | undefined)?.(argument);
  }
}

function given(options: Partial<ServiceOptions>) {
  const process = new FakeProcess();
  const lines: string[] = [];
  const logger = createLogger({ name: 'example', level: 'info', destination: { write: (line) => lines.push(line) } });
  const run = () => runService({ name: 'example', start: async () => ({ stop: async () => {} }), process, logger, ...options });
  return { process, logger, run, log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('runService', () => {
  it('stops on SIGTERM and exits with 0', async () => {
    let stopped = false;
    const { process, run, log } = given({ start: async () => ({ stop: async () => void (stopped = true) }) });
    await run();
    process.emit('SIGTERM', 'SIGTERM');
    expect(await process.exited).toBe(0);
    expect(stopped).toBe(true);
    expect(log().map(({ msg, signal }) => [msg, signal])).toEqual([
      ['Stopping', 'SIGTERM'],
      ['Stopped', undefined],
    ]);
  });

  it('exits with 1 when stopping takes too long, and says so', async () => {
    const { process, run, log } = given({ stopTimeoutMs: 5, start: async () => ({ stop: () => new Promise(() => {}) }) });
    await run();
    process.emit('SIGINT', 'SIGINT');
    expect(await process.exited).toBe(1);
    expect(log().at(-1)).toMatchObject({ level: 'error', msg: 'Stopping took too long; what was in hand is lost', stop_timeout_ms: 5 });
  });

  it('exits with 1 when stopping fails', async () => {
    const { process, run, log } = given({ start: async () => ({ stop: () => Promise.reject(new Error('stuck')) }) });
    await run();
    process.emit('SIGTERM', 'SIGTERM');
    expect(await process.exited).toBe(1);
    expect(log().at(-1)).toMatchObject({ msg: 'Stopping failed', error: { message: 'stuck' } });
  });

  it('exits at once on a second signal', async () => {
    const { process, run } = given({ stopTimeoutMs: 50, start: async () => ({ stop: () => new Promise(() => {}) }) });
    await run();
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGTERM', 'SIGTERM');
    expect(await process.exited).toBe(1);
  });

  it('aborts a start that waits, and exits with 0', async () => {
    const { process, run } = given({
      start: (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const ran = run();
    process.emit('SIGTERM', 'SIGTERM');
    expect(await process.exited).toBe(0);
    await ran;
  });

  it('stops a service whose start came to its end after the signal', async () => {
    let started = (_service: { stop(): Promise<void> }): void => {};
    let stopped = false;
    const { process, run } = given({ start: () => new Promise((resolve) => (started = resolve)) });
    const ran = run();
    process.emit('SIGTERM', 'SIGTERM');
    started({ stop: async () => void (stopped = true) });
    await ran;
    expect(await process.exited).toBe(0);
    expect(stopped).toBe(true);
  });

  it('says a boot error once, with every violation, and exits with 1', async () => {
    const violations = [{ setting: 'EX_PORT', problem: 'is not set', remedy: 'Set it.' }];
    const { process, run, log } = given({ start: () => Promise.reject(new ConfigError(violations)) });
    await run();
    expect(await process.exited).toBe(1);
    expect(log()).toHaveLength(1);
    expect(log()[0]).toMatchObject({ level: 'fatal', code: 'invalid_configuration', violations });
  });

  it('says a boot error on standard error while there is no logger', async () => {
    const fake = new FakeProcess();
    const error = new ConfigError([{ setting: 'EX_PORT', problem: 'is not set', remedy: 'Set EX_PORT.' }]);
    await runService({ name: 'example', start: () => Promise.reject(error), process: fake });
    expect(await fake.exited).toBe(1);
    expect(fake.errors).toEqual(['example cannot start: 1 setting is wrong:\n  EX_PORT is not set. Set EX_PORT.\n']);
  });

  it('logs an unhandled rejection through the logger that the service made, and exits with 1', async () => {
    const { process, logger, run, log } = given({});
    await run();
    const other = new FakeProcess();
    await runService({
      name: 'example',
      process: other,
      start: async (_signal, { useLogger }) => {
        useLogger(logger);
        return { stop: async () => {} };
      },
    });
    other.emit('unhandledRejection', new Error('forgotten'));
    expect(await other.exited).toBe(1);
    expect(log().at(-1)).toMatchObject({ level: 'fatal', error: { message: 'forgotten' } });
    process.emit('SIGTERM', 'SIGTERM');
  });
});
