import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Kills what is left when the test process itself is killed: a shell that knows the present process ids and reads from a pipe that ends
 * with the test process, even on SIGKILL.
 */
class Reaper {
  private readonly pids = new Set<number>();
  private shell: ChildProcess | undefined;

  /** The process must not outlive this one. */
  watch(pid: number): void {
    this.pids.add(pid);
    this.tell();
  }

  /** The process has ended: its id may belong to another one by now. */
  forget(pid: number): void {
    this.pids.delete(pid);
    this.tell();
  }

  private tell(): void {
    this.shell ??= this.start();
    this.shell.stdin?.write(`${[...this.pids].join(' ')}\n`);
  }

  private start(): ChildProcess {
    const script = 'pids=; while read -r line; do pids=$line; done; [ -n "$pids" ] && kill -9 $pids 2>/dev/null';
    // Its own group: Ctrl-C in a terminal must not end it before the processes that it watches.
    const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    shell.on('error', () => undefined);
    shell.stdin.on('error', () => undefined);
    shell.unref();
    (shell.stdin as unknown as { unref(): void }).unref();
    return shell;
  }
}

/** Of this test process. */
export const reaper = new Reaper();
