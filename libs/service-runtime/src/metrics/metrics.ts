import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EventLoopLag } from './event-loop-lag.js';
import { registerProcessMetrics } from './process-metrics.js';

export { Counter, Gauge, Histogram, Registry };

/** The metrics of one process. */
export interface Metrics {
  /** Where to register counters, gauges and histograms: `new Counter({ …, registers: [registry] })`. */
  readonly registry: Registry;
  readonly eventLoopLag: EventLoopLag;
  /** The media type of {@link Metrics.render}. */
  readonly contentType: string;
  /** Everything registered, in Prometheus' text format. */
  render(): Promise<string>;
  /** Stops the sampling of the event loop. */
  stop(): void;
}

/**
 * A registry with the metrics of the process itself. Nothing is measured between two scrapes except the event loop's lag.
 * @param options labels of every metric, e.g. `{ service: 'whoosh' }`
 */
export function createMetrics(options: { defaultLabels?: Record<string, string> } = {}): Metrics {
  const registry = new Registry();
  if (options.defaultLabels) registry.setDefaultLabels(options.defaultLabels);
  const eventLoopLag = new EventLoopLag();
  registerProcessMetrics(registry, eventLoopLag);
  return {
    registry,
    eventLoopLag,
    contentType: registry.contentType,
    render: () => registry.metrics(),
    stop: () => eventLoopLag.stop(),
  };
}
