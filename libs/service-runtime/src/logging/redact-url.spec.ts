import { redactUrl } from './redact-url.js';

describe('redactUrl', () => {
  it.each([
    ['nats://user:pa@ss@host:4222', 'nats://***@host:4222'],
    ['tls://token@host', 'tls://***@host'],
    ['nats://host:4222', 'nats://host:4222'],
    ['nats://host/path?mail=a@b', 'nats://host/path?mail=a@b'],
    ['host:4222', 'host:4222'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});
