import { networkInterfaces } from 'node:os';

/**
 * Where others reach the HTTP door, as far as this machine can tell.
 * @param host the address it listens on; `undefined` or a wildcard: all, so the first external IPv4 address is told
 * @param port the port it listens on
 * @param interfaces the machine's; injected by tests
 * @returns a base URL
 */
export function doorAddress(
  host: string | undefined,
  port: number,
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string {
  const shown = host === undefined || host === '0.0.0.0' || host === '::' ? (firstExternal(interfaces) ?? '127.0.0.1') : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

function firstExternal(interfaces: ReturnType<typeof networkInterfaces>): string | undefined {
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .find((address) => address.family === 'IPv4' && !address.internal)?.address;
}
