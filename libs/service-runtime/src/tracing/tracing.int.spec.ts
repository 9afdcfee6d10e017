import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newTraceparent, parseTraceparent } from './traceparent.js';
import { createTracing } from './tracing.js';

interface ExportedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status: { code?: number; message?: string };
  attributes: { key: string; value: Record<string, unknown> }[];
  events: { name: string }[];
}
interface ExportedTraces {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: ExportedSpan[] }[];
  }[];
}

describe('tracing with an OTLP collector', () => {
  const received: { path: string; contentType: string; body: ExportedTraces }[] = [];
  let collector: Server;
  let endpoint: string;

  beforeAll(async () => {
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as ExportedTraces;
        received.push({ path: request.url ?? '', contentType: request.headers['content-type'] ?? '', body });
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  });

  it('exports a chain of spans in one trace, as JSON, before it shuts down', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test' };
    const tracing = createTracing({ serviceName: 'example', serviceVersion: '1.2.3', env });
    expect(tracing.enabled).toBe(true);
    const parent = newTraceparent();

    const inner = await tracing.run('outer', parent, { council_id: 'c-1', absent: undefined }, (outer) =>
      tracing.run('inner', outer, { attempt: 2 }, (traceparent) => traceparent),
    );
    await expect(tracing.run('failing', parent, {}, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await tracing.shutdown();

    expect(received.map(({ path, contentType }) => [path, contentType])).toEqual([['/v1/traces', 'application/json']]);
    const [resourceSpans] = received[0]?.body.resourceSpans ?? [];
    const resource = Object.fromEntries(resourceSpans?.resource.attributes.map(({ key, value }) => [key, value.stringValue]) ?? []);
    expect(resource).toMatchObject({ 'service.name': 'example', 'service.version': '1.2.3', 'deployment.environment': 'test' });
    const spans = new Map(resourceSpans?.scopeSpans.flatMap((scope) => scope.spans).map((span) => [span.name, span]));
    const caller = parseTraceparent(parent);
    expect([...spans.keys()].sort()).toEqual(['failing', 'inner', 'outer']);
    expect(spans.get('outer')).toMatchObject({ traceId: caller?.traceId, parentSpanId: caller?.spanId });
    expect(spans.get('outer')?.attributes).toEqual([{ key: 'council_id', value: { stringValue: 'c-1' } }]);
    expect(spans.get('inner')).toMatchObject({
      traceId: caller?.traceId,
      parentSpanId: spans.get('outer')?.spanId,
      spanId: parseTraceparent(inner)?.spanId,
    });
    expect(spans.get('failing')).toMatchObject({ status: { code: 2, message: 'refused' } });
    expect(spans.get('failing')?.events).toMatchObject([{ name: 'exception' }]);
  });

  it('makes no span for a parent that is not sampled, and says so to the next', async () => {
    received.length = 0;
    const tracing = createTracing({ serviceName: 'example', env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/own` } });
    const passed = await tracing.run('work', newTraceparent(false), {}, (traceparent) => traceparent);
    await tracing.shutdown();
    expect(parseTraceparent(passed)?.sampled).toBe(false);
    expect(received).toEqual([]);
  });
});
