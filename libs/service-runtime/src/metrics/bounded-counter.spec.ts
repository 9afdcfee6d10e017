import { Registry } from 'prom-client';
import { BoundedCounter } from './bounded-counter.js';

async function series(registry: Registry): Promise<Record<string, number>> {
  const [metric] = await registry.getMetricsAsJSON();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [String(labels['council_id']), value]));
}

describe('BoundedCounter', () => {
  it('folds older values into other without losing a count', async () => {
    const registry = new Registry();
    const counter = new BoundedCounter({ name: 'x_total', help: 'x', label: 'council_id', limit: 2, registry });
    counter.inc('c-1', 3);
    counter.inc('c-2');
    counter.inc('c-3');
    counter.inc('c-3');
    expect(await series(registry)).toEqual({ 'c-2': 1, 'c-3': 2, other: 3 });
  });

  it('has at most limit + 1 series, however many values come', async () => {
    const registry = new Registry();
    const counter = new BoundedCounter({ name: 'x_total', help: 'x', label: 'council_id', registry });
    for (let i = 0; i < 1_000; i += 1) counter.inc(`c-${i}`);
    const found = await series(registry);
    expect(Object.keys(found)).toHaveLength(101);
    expect(found['other']).toBe(900);
  });
});
