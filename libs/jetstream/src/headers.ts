import { headers as newHeaders, type MsgHdrs } from '@nats-io/transport-node';

/** Header names and values to send: one value, or several under the same name. */
export type OutgoingHeaders = Readonly<Record<string, string | readonly string[]>>;

/** @returns headers as the client wants them; `undefined` when there are none */
export function toWireHeaders(headers: OutgoingHeaders | undefined): MsgHdrs | undefined {
  if (headers === undefined) return undefined;
  const wire = newHeaders();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') wire.append(name, value);
    else for (const each of value) wire.append(name, each);
  }
  return wire;
}

/** @returns each header's first value by its name, spelled as it arrived */
export function fromWireHeaders(wire: MsgHdrs | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (wire !== undefined) for (const [name, values] of wire) headers[name] = values[0] ?? '';
  return headers;
}

/** @returns every value of each header */
export function allWireHeaders(wire: MsgHdrs | undefined): Record<string, readonly string[]> {
  return wire === undefined ? {} : Object.fromEntries(wire);
}

/** Bytes that these headers take on the wire, which count towards the broker's payload limit. */
export function headerBytes(headers: OutgoingHeaders): number {
  let bytes = 'NATS/1.0\r\n\r\n'.length;
  for (const [name, value] of Object.entries(headers)) {
    const values = typeof value === 'string' ? [value] : value;
    for (const each of values) bytes += Buffer.byteLength(name) + Buffer.byteLength(each) + ': \r\n'.length;
  }
  return bytes;
}
