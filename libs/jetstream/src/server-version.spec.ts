import { meetsSecurityFloor } from './server-version.js';

describe('the security floor', () => {
  it.each(['2.12.12', '2.12.13', '2.14.3', '2.15.0', '2.15.1-RC.2', 'v2.16.0', '3.0.0'])('is met by %s', (version) => {
    expect(meetsSecurityFloor(version)).toBe(true);
  });

  it.each(['2.9.10', '2.10.27', '2.11.99', '2.12.11', '2.13.9', '2.14.2', '1.4.1', 'unknown', ''])('is not met by %s', (version) => {
    expect(meetsSecurityFloor(version)).toBe(false);
  });
});
