// npm that is killed tells nobody: what it ran goes on with another parent.

/** @returns {Promise<string>} settles when npm, or the shell that it runs scripts with, is gone; never for a process that npm did not start */
export function parentGone() {
  const parent = process.ppid;
  return new Promise((resolve) => {
    // By hand it may be started to outlive its shell.
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      resolve('npm is gone');
    }, 250);
    timer.unref();
  });
}
