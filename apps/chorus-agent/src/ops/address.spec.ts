import type { NetworkInterfaceInfo } from 'node:os';
import { doorAddress } from './address.js';

const address = (ip: string, internal = false, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  ({ address: ip, internal, family }) as NetworkInterfaceInfo;
const machine = { lo: [address('127.0.0.1', true)], eth0: [address('fe80::1', false, 'IPv6'), address('10.0.1.7')] };

describe('the address of the HTTP door', () => {
  it('is the one that it listens on', () => {
    expect(doorAddress('127.0.0.1', 8080, machine)).toBe('http://127.0.0.1:8080');
    expect(doorAddress('::1', 8080, machine)).toBe('http://[::1]:8080');
  });

  it.each([undefined, '0.0.0.0', '::'])('is the first external address when it listens on all (%s)', (host) => {
    expect(doorAddress(host, 8081, machine)).toBe('http://10.0.1.7:8081');
  });

  it('is the local one on a machine without a network', () => {
    expect(doorAddress(undefined, 8080, { lo: [address('127.0.0.1', true)] })).toBe('http://127.0.0.1:8080');
  });
});
