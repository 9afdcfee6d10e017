import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout. */
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');

/** How a command ended. `code` is `null` when a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A command that runs. Its output is kept, standard output and standard error in the order of arrival. */
export class Command {
  private text = '';
  private readonly child: ChildProcess;
  /** Settles when it has ended. */
  readonly ended: Promise<Ended>;

  /** @param env added to this process' environment; `undefined` takes a variable away */
  constructor(command: string, args: readonly string[], env: Record<string, string | undefined> = {}) {
    this.child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => resolve({ code, output: this.text }));
    });
  }

  /** Everything printed so far. */
  get output(): string {
    return this.text;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Settles when the text has been printed; rejects with the output when the command ends before. */
  async says(text: string): Promise<void> {
    const ended = this.ended.then(({ code }) => {
      if (!this.text.includes(text)) throw new Error(`ended with ${code} without saying "${text}":\n${this.text}`);
    });
    const said = new Promise<void>((resolve) => {
      const look = () => (this.text.includes(text) ? resolve() : setTimeout(look, 20).unref());
      look();
    });
    await Promise.race([said, ended]);
  }
}

/** Runs a command to its end. @throws Error with the output when it fails */
export async function run(command: string, args: readonly string[], env: Record<string, string | undefined> = {}): Promise<string> {
  const { code, output } = await new Command(command, args, env).ended;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
