import { createMetrics, Counter } from './metrics.js';

describe('createMetrics', () => {
  it('shows the process beside what is registered, with the default labels', async () => {
    const metrics = createMetrics({ defaultLabels: { service: 'example' } });
    new Counter({ name: 'example_total', help: 'x', registers: [metrics.registry] }).inc(2);
    const text = await metrics.render();
    metrics.stop();
    expect(text).toContain('example_total{service="example"} 2');
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_seconds',
      'process_start_time_seconds',
    ])
      expect(text).toMatch(new RegExp(`^${name}\\{service="example"\\} [0-9.e+]+$`, 'm'));
    expect(text).toContain('# TYPE process_cpu_seconds_total counter');
  });

  it('counts CPU time up from scrape to scrape', async () => {
    const metrics = createMetrics();
    const read = async () => Number(/^process_cpu_seconds_total ([0-9.]+)$/m.exec(await metrics.render())?.[1]);
    const before = await read();
    for (let i = 0; i < 1e6; i += 1) Math.sqrt(i);
    expect(await read()).toBeGreaterThan(before);
    metrics.stop();
  });
});
