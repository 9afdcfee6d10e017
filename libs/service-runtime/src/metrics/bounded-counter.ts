import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';
import { boundedLabel, OTHER } from './bounded-label.js';

/**
 * A counter with one label that has no natural bound, such as a council id: the last `limit` values have a series of their own,
 * what older ones counted is in the series `other`. The sum over all series never goes down.
 */
export class BoundedCounter {
  private readonly counter: Counter;
  private readonly counts = new Map<string, number>();
  private readonly label: (value: string) => string;

  /** @param options the metric's name, help and label; `limit` is 100 unless told */
  constructor(private readonly options: { name: string; help: string; label: string; limit?: number; registry: Registry }) {
    const { name, help, label, registry } = options;
    this.counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
    this.label = boundedLabel(options.limit ?? 100, (evicted) => this.fold(evicted));
  }

  /**
   * Counts.
   * @param value the label's value
   * @param by how much; 1 unless told
   */
  inc(value: string, by = 1): void {
    const label = this.label(value);
    this.counts.set(label, (this.counts.get(label) ?? 0) + by);
    this.counter.inc({ [this.options.label]: label }, by);
  }

  private fold(evicted: string): void {
    const counted = this.counts.get(evicted) ?? 0;
    this.counts.delete(evicted);
    this.counter.remove({ [this.options.label]: evicted });
    if (counted > 0) this.counter.inc({ [this.options.label]: OTHER }, counted);
  }
}
