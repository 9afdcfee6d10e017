import { tracesUrl } from './otlp-settings.js';
import type { SpanExport } from './otlp-export.js';

/** Values of a span's attributes. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Spans around work, when an exporter is configured; otherwise nothing at all. */
export interface Tracing {
  readonly enabled: boolean;
  /**
   * Runs a function inside a span.
   * @param name what is done, e.g. `council publish`
   * @param parent the caller's `traceparent`
   * @param attributes of the span; undefined ones are left out
   * @param fn gets the `traceparent` to pass on: the new span's, or the parent's as it came when tracing is off
   * @returns what `fn` returns; an error of `fn` marks the span and is thrown on
   */
  run<T>(
    name: string,
    parent: string | undefined,
    attributes: SpanAttributes,
    fn: (traceparent: string | undefined) => Promise<T> | T,
  ): Promise<T>;
  /** Sends what is not sent yet. */
  shutdown(): Promise<void>;
}

/** What {@link createTracing} needs. */
export interface TracingOptions {
  readonly serviceName: string;
  readonly serviceVersion?: string;
  /** Read for the `OTEL_…` variables, usually `process.env`. */
  readonly env: NodeJS.ProcessEnv;
  /** Told once when the exporter cannot be loaded; work goes on without spans. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Tracing as the environment asks for it. Without `OTEL_EXPORTER_OTLP_ENDPOINT` (or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), or with
 * `OTEL_SDK_DISABLED=true`, no SDK is loaded and a parent is passed on as it came. Spans leave as OTLP over HTTP in JSON.
 * @param options the service's name and the environment
 */
export function createTracing(options: TracingOptions): Tracing {
  const url = tracesUrl(options.env);
  if (url === undefined) return passThrough;
  const loading = import('./otlp-export.js').then(
    ({ OtlpExport }): SpanExport => new OtlpExport({ ...options, url }),
    (error: unknown) => void options.onError?.(error),
  );
  return {
    enabled: true,
    async run(name, parent, attributes, fn) {
      const sdk = await loading;
      return sdk ? sdk.run(name, parent, attributes, fn) : fn(parent);
    },
    async shutdown() {
      await (await loading)?.shutdown();
    },
  };
}

const passThrough: Tracing = {
  enabled: false,
  run: async (_name, parent, _attributes, fn) => fn(parent),
  shutdown: async () => {},
};
