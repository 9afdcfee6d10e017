// Which process a process id means: ids are used again, so a process is known by its id and the moment it began.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @param {number} pid
 * @returns {string | undefined} differs for a later process with the same id; `undefined` when there is none
 */
export function processStamp(pid) {
  try {
    // Field 22, counted after the command, which may contain blanks and parentheses; Z is a process that has ended.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s+/s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return process.platform === 'linux' ? undefined : stampByPs(pid);
  }
}

/** @param {number} pid */
function stampByPs(pid) {
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() ||
      undefined
    );
  } catch {
    return undefined;
  }
}
