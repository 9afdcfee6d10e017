import { councilClaimsSubject, formingSubject, HEADER, statusSubject, STREAMS } from '@whoosh/council-contracts';
import { messagesFor } from '@whoosh/jetstream';
import { eventually } from '@whoosh/testing';
import { Rig } from './harness/rig.js';
import { TraceCollector } from './harness/trace-collector.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe('the traceparent of a request', () => {
  const collector = new TraceCollector();
  const rig = new Rig({ coordinators: 0 });
  let id: string;
  beforeAll(async () => {
    const exporter = { OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start(), OTEL_BSP_SCHEDULE_DELAY: '100' };
    await rig.start();
    await Promise.all([rig.startAgent('traced', exporter), rig.startAgent('plain')]);
    const { api } = await rig.startCoordinator(exporter);
    await api.sees(['plain', 'traced']);
    id = await api.request({}, { traceparent: TRACEPARENT });
    await api.reaches(id, 'active');
  });
  afterAll(async () => {
    await rig.stop();
    await collector.stop();
  });

  /** The traces named in the headers of stored messages. */
  async function tracesOf(stream: string, subject: string): Promise<string[]> {
    const messages = await messagesFor(await rig.broker(), stream, subject);
    const ours = messages.filter(({ headers }) => headers[HEADER.councilId] === id);
    return ours.map(({ headers }) => headers[HEADER.traceparent]?.split('-')[1] ?? 'none');
  }

  it('stands on the opportunity, on every claim and on every status', async () => {
    expect(await tracesOf(STREAMS.councils.name, formingSubject)).toEqual([TRACE]);
    expect(await tracesOf(STREAMS.claims.name, councilClaimsSubject(id))).toEqual([TRACE, TRACE]);
    const statuses = await tracesOf(STREAMS.councils.name, statusSubject(id));
    expect(statuses.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set([TRACE]));
  });

  it('joins the spans of coordinator and agent to one trace where an exporter is configured', async () => {
    const spanOf = (name: string) =>
      eventually(() => collector.spans.find((span) => span.name === name) ?? false, { what: `the span "${name}" has arrived` });
    const announced = await spanOf('council announce');
    const heard = await spanOf('council opportunity');
    expect(announced).toMatchObject({ service: 'whoosh-coordinator', traceId: TRACE, parentSpanId: '00f067aa0ba902b7' });
    expect(heard).toMatchObject({ service: 'chorus-agent', traceId: TRACE, parentSpanId: announced.spanId });
    expect(await spanOf('council offer')).toMatchObject({ service: 'whoosh-coordinator', traceId: TRACE });
  });

  it('begins a trace where the request has none', async () => {
    id = await rig.api().request({});
    await rig.api().reaches(id, 'active');
    const [trace] = await tracesOf(STREAMS.councils.name, formingSubject);
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(trace).not.toBe(TRACE);
    expect(new Set(await tracesOf(STREAMS.claims.name, councilClaimsSubject(id)))).toEqual(new Set([trace]));
  });
});
