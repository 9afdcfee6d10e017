import { writeSync } from 'node:fs';

/**
 * A destination for pino that makes lines readable for people.
 * pino-pretty is imported only when one is made; lines written before it has loaded wait, and leave as JSON if the process ends first.
 */
export class PrettyStream {
  private waiting: string[] = [];
  private format: ((line: string) => string) | undefined;
  private readonly out: { write(text: string): void };
  /** Settles when lines are no longer held back. */
  readonly loaded: Promise<void>;

  constructor(out?: { write(text: string): void }) {
    this.out = out ?? { write: (text) => void process.stdout.write(text) };
    const onExit = () => this.flushRaw(out);
    process.once('exit', onExit);
    this.loaded = import('pino-pretty')
      .then(
        // The default export alone: a bundle has no others of a CommonJS package.
        ({ default: pretty }) =>
          (this.format = pretty.prettyFactory({
            colorize: out === undefined,
            translateTime: 'SYS:HH:MM:ss.l',
            ignore: 'pid,hostname,name',
            singleLine: true,
          })),
      )
      .catch(() => (this.format = (line) => line)) // unreadable beats silent
      .then(() => {
        process.off('exit', onExit);
        for (const line of this.waiting.splice(0)) this.write(line);
      });
  }

  write(line: string): void {
    if (this.format) this.out.write(this.format(line));
    else this.waiting.push(line);
  }

  private flushRaw(out: { write(text: string): void } | undefined): void {
    for (const line of this.waiting.splice(0)) {
      if (out) out.write(line);
      else writeSync(1, line);
    }
  }
}
