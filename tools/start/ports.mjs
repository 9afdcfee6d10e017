// Ports that nobody listens on.
import { createServer } from 'node:net';

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<boolean>}
 */
export function isFree(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/**
 * @param {number} first
 * @param {string} host
 * @param {Set<number>} [taken] not to be used although free
 * @returns {Promise<number>} the first free port from there on
 */
export async function freePortFrom(first, host, taken = new Set()) {
  for (let port = first; port < first + 200 && port < 65_536; port += 1) if (!taken.has(port) && (await isFree(port, host))) return port;
  throw new Error(`No port from ${first} to ${first + 199} is free.`);
}
