import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { resourceAttributes } from './otlp-settings.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';
import type { SpanAttributes, Tracing, TracingOptions } from './tracing.js';

/** The part of {@link Tracing} that needs the SDK. */
export type SpanExport = Pick<Tracing, 'run' | 'shutdown'>;

/** Makes spans with the OpenTelemetry SDK and exports them in batches. Loaded only when an exporter is configured; registers nothing globally. */
export class OtlpExport implements SpanExport {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  /** @param options the service, the environment and the URL of the traces endpoint */
  constructor({ serviceName, serviceVersion, env, url }: TracingOptions & { url: string }) {
    const resource = resourceFromAttributes({
      'service.name': env['OTEL_SERVICE_NAME'] ?? serviceName,
      ...(serviceVersion === undefined ? {} : { 'service.version': serviceVersion }),
      ...resourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES']),
    });
    const scheduledDelayMillis = Number(env['OTEL_BSP_SCHEDULE_DELAY'] ?? 1_000);
    const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url }), { scheduledDelayMillis });
    this.provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
    this.tracer = this.provider.getTracer('whoosh');
  }

  async run<T>(
    name: string,
    parent: string | undefined,
    attributes: SpanAttributes,
    fn: (traceparent: string | undefined) => Promise<T> | T,
  ): Promise<T> {
    const span = this.tracer.startSpan(name, { attributes: { ...attributes } }, contextOf(parent));
    const { traceId, spanId, traceFlags } = span.spanContext();
    try {
      return await fn(formatTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      if (error instanceof Error) span.recordException(error);
      throw error;
    } finally {
      span.end();
    }
  }

  async shutdown(): Promise<void> {
    await this.provider.shutdown();
  }
}

function contextOf(parent: string | undefined): Context {
  const parsed = parseTraceparent(parent);
  if (!parsed) return ROOT_CONTEXT;
  const traceFlags = parsed.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags, isRemote: true });
}
