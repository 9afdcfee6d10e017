// Numbers of the benchmark: percentiles of samples, and what /proc says of a process.
import { readFileSync } from 'node:fs';

/**
 * @param {number[]} samples
 * @returns {{ count: number, p50: number, p95: number, p99: number, max: number }} zeros where there are no samples
 */
export function percentiles(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

const TICKS_PER_SECOND = 100;

/**
 * @param {number} pid
 * @returns {{ cpuSeconds: number, rssMegabytes: number }} CPU time since the process started, and its resident memory now
 */
export function processUsage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const rssKilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, rssMegabytes: rssKilobytes / 1024 };
}

/** Rounds to one decimal, for people. */
export const oneDecimal = (value) => Math.round(value * 10) / 10;

/** @returns {string} like `1.07`; `–` where there is nothing to compare with */
export const ratio = (value, base) => (base > 0 ? (value / base).toFixed(2) : '–');
