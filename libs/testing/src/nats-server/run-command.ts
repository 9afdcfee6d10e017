import { execFile } from 'node:child_process';

/** What a command printed. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without a shell and waits for it.
 * @param timeoutMs the program is killed after this long
 * @returns both outputs as text
 * @throws Error with the program's last line of complaint when it is missing, fails or takes too long
 */
export function runCommand(
  file: string,
  args: readonly string[],
  options: { cwd?: string; timeoutMs: number; env?: NodeJS.ProcessEnv },
): Promise<CommandOutput> {
  return new Promise((resolve, reject) => {
    const settings = { cwd: options.cwd, env: options.env ?? process.env, timeout: options.timeoutMs, maxBuffer: 16 * 1024 * 1024 };
    execFile(file, args, settings, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return reject(new Error(`${file} is not installed`, { cause: error }));
      const complaint = (stderr || stdout).trim().split('\n').at(-1) ?? '';
      const how = error.killed ? `took longer than ${options.timeoutMs} ms` : `failed with ${error.code ?? error.signal}`;
      reject(new Error(`${file} ${how}${complaint ? `: ${complaint}` : ''}`, { cause: error }));
    });
  });
}
