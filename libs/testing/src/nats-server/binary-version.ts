import { runCommand } from './run-command.js';

/**
 * Asks a nats-server binary for its version, which also proves that it runs on this machine.
 * @returns the version without its "v", for example `2.10.27`
 * @throws Error when the file is missing, cannot run here, or is not a nats-server
 */
export async function binaryVersion(path: string): Promise<string> {
  const { stdout } = await runCommand(path, ['--version'], { timeoutMs: 10_000 });
  const version = /nats-server: v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${path} --version does not answer as a nats-server does: ${stdout.trim().slice(0, 80)}`);
  return version;
}
