/**
 * Whether this version has the fixes of the 2026 advisories.
 * @param version as the server says it, for example `2.10.27` or `2.15.1-RC.2`
 * @returns `false` below 2.12.12 and for 2.13.x and 2.14.0 to 2.14.2; also for text that is no version
 * @source nats-facts.md: fixed in 2.12.12 and 2.14.3
 */
export function meetsSecurityFloor(version: string): boolean {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (parts === null) return false;
  const [major, minor, patch] = parts.slice(1).map(Number) as [number, number, number];
  if (major !== 2) return major > 2;
  if (minor === 12) return patch >= 12;
  if (minor === 14) return patch >= 3;
  return minor > 14;
}
