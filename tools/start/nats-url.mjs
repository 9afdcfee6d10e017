// NATS_URL, checked before anything is started.
import { StartError } from './start-error.mjs';

/** Those that the services take too. */
const SCHEMES = ['nats:', 'tls:', 'ws:', 'wss:'];

/**
 * @param {string} servers comma separated, the scheme may be left out
 * @returns {{ host: string, port: number }[]}
 * @throws StartError that says what is wrong
 */
export function natsAddresses(servers) {
  return servers.split(',').map((server) => {
    const text = server.trim();
    const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `nats://${text}`;
    if (!URL.canParse(full)) throw wrong(text, 'it cannot be parsed');
    const url = new URL(full);
    if (!SCHEMES.includes(url.protocol)) throw wrong(text, `its scheme is ${url.protocol}//`);
    if (url.hostname === '') throw wrong(text, 'it names no host');
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 4222) };
  });
}

/** @param {string} text @returns {string} fit to be shown */
export function withoutCredentials(text) {
  return text.replace(/(\w+:\/\/)[^/@,]*@/g, '$1***@');
}

/** @param {string} server @param {string} reason */
function wrong(server, reason) {
  return new StartError(
    `NATS_URL: "${withoutCredentials(server)}" is not the address of a NATS server (${reason}). Set it to something like nats://localhost:4222, or unset it to let npm start run a broker.`,
  );
}
