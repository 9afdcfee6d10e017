import { performance } from 'node:perf_hooks';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { EventLoopLag } from './event-loop-lag.js';

/**
 * Registers the usual metrics of a Node process under their usual names. Unlike prom-client's own set they are read at the scrape:
 * no garbage-collection observer, no timer a hundred times a second in each of many processes.
 * @param registry where they are registered
 * @param lag the sampled lag of the event loop
 */
export function registerProcessMetrics(registry: Registry, lag: EventLoopLag): void {
  const startedAtSeconds = performance.timeOrigin / 1_000;
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time used, user and system, in seconds.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', () => startedAtSeconds);
  gauge('process_resident_memory_bytes', 'Resident memory in bytes.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Used JavaScript heap in bytes.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'JavaScript heap in bytes.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_external_memory_bytes', 'Memory outside the JavaScript heap in bytes.', () => process.memoryUsage().external);
  gauge(
    'nodejs_eventloop_lag_seconds',
    'Longest delay of the event loop in the last complete ten seconds.',
    () => lag.milliseconds() / 1_000,
  );
  let utilization = performance.eventLoopUtilization();
  gauge('nodejs_eventloop_utilization', 'Share of the time since the last scrape in which the event loop was busy, 0 to 1.', () => {
    const since = performance.eventLoopUtilization(utilization);
    utilization = performance.eventLoopUtilization();
    return since.utilization;
  });
  new Gauge({ name: 'nodejs_version_info', help: 'The version of Node.js.', labelNames: ['version'], registers: [registry] }).set(
    { version: process.version },
    1,
  );
}
