import { request } from 'node:http';
import { HealthChecks } from '../health/health-checks.js';
import { createMetrics } from '../metrics/metrics.js';
import { startOpsServer } from './ops-server.js';
import type { OpsServer, OpsServerOptions } from './ops-server.js';
import { HttpProblemError } from './problem.js';

const running: OpsServer[] = [];

async function start(options: Partial<OpsServerOptions> = {}) {
  const server = await startOpsServer({ port: 0, portSetting: 'EX_PORT', host: '127.0.0.1', ...options });
  running.push(server);
  const url = `http://127.0.0.1:${server.port}`;
  return { server, url, ask: (path: string, init?: RequestInit) => fetch(url + path, init) };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(0)));
});

describe('the ops server', () => {
  it('answers health with 200 or 503 and the checks', async () => {
    const health = new HealthChecks();
    health.register('nats', () => ({ ok: false, reason: 'not connected' }), 'ready');
    const { ask } = await start({ health });
    expect((await ask('/health/live')).status).toBe(200);
    const ready = await ask('/health/ready?verbose=1');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'error', checks: { nats: { ok: false, reason: 'not connected' } } });
  });

  it("serves metrics in Prometheus' format", async () => {
    const metrics = createMetrics();
    const { ask } = await start({ metrics });
    const reply = await ask('/metrics');
    expect(reply.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await reply.text()).toContain('process_resident_memory_bytes');
    metrics.stop();
  });

  it('hands a route its parameters, query, headers and JSON body', async () => {
    const { ask } = await start({
      routes: [
        {
          method: 'POST',
          path: '/things/:id/parts',
          handle: ({ params, query, headers, body }) => ({
            status: 202,
            json: { id: params['id'], q: query.get('q'), key: headers['idempotency-key'], body },
          }),
        },
      ],
    });
    const reply = await ask('/things/a%20b/parts?q=1', {
      method: 'POST',
      body: '{"x":1}',
      headers: { 'idempotency-key': 'k', 'content-type': 'application/json' },
    });
    expect(reply.status).toBe(202);
    expect(await reply.json()).toEqual({ id: 'a b', q: '1', key: 'k', body: { x: 1 } });
  });

  it('answers errors as problem+json', async () => {
    const failures: unknown[] = [];
    const { ask } = await start({
      bodyLimitBytes: 16,
      onError: (error) => failures.push(error),
      routes: [
        { method: 'POST', path: '/x', handle: () => ({}) },
        {
          method: 'GET',
          path: '/refused',
          handle: () => {
            throw new HttpProblemError({ status: 409, code: 'conflict', detail: 'No.' });
          },
        },
        { method: 'GET', path: '/broken', handle: () => Promise.reject(new Error('secret detail')) },
      ],
    });
    const json = { 'content-type': 'application/json' };
    const cases: [string, RequestInit, number, string][] = [
      ['/nowhere', {}, 404, 'not_found'],
      ['/x', {}, 405, 'method_not_allowed'],
      ['/x', { method: 'POST', body: '{oops', headers: json }, 400, 'malformed_json'],
      ['/x', { method: 'POST', body: 'hi', headers: { 'content-type': 'text/plain' } }, 415, 'not_json'],
      ['/x', { method: 'POST', body: JSON.stringify('x'.repeat(100)), headers: json }, 413, 'body_too_large'],
      ['/refused', {}, 409, 'conflict'],
      ['/broken', {}, 500, 'internal_error'],
    ];
    for (const [path, init, status, code] of cases) {
      const reply = await ask(path, init);
      expect([path, reply.status, reply.headers.get('content-type')]).toEqual([path, status, 'application/problem+json']);
      const body = (await reply.json()) as Record<string, unknown>;
      expect(body).toMatchObject({ status, code, instance: path });
      expect(JSON.stringify(body)).not.toContain('secret detail');
    }
    expect((await ask('/x')).headers.get('allow')).toBe('POST');
    expect(failures).toHaveLength(1);
  });

  it('refuses a body without announced length once it is too large', async () => {
    const { server } = await start({ bodyLimitBytes: 1_000, routes: [{ method: 'POST', path: '/x', handle: () => ({}) }] });
    const status = await new Promise((resolve, reject) => {
      const client = request({ port: server.port, host: '127.0.0.1', path: '/x', method: 'POST' }, (reply) =>
        resolve(reply.resume().statusCode),
      );
      client.on('error', reject);
      client.write('x'.repeat(600));
      client.write('x'.repeat(600));
    });
    expect(status).toBe(413);
  });

  it('names the port and the setting when the port is taken', async () => {
    const { server } = await start();
    await expect(start({ port: server.port })).rejects.toMatchObject({
      code: 'port_taken',
      message: `Port ${server.port} is taken by another process. Stop that process, or set EX_PORT to a free port.`,
    });
  });

  it('lets a request in hand finish when it stops', async () => {
    let finish = (): void => {};
    const entered = new Promise<void>((resolve) => {
      void start({
        routes: [
          {
            method: 'GET',
            path: '/slow',
            handle: () =>
              new Promise((done) => {
                finish = () => done({ text: 'done' });
                resolve();
              }),
          },
        ],
      });
    });
    const server = await new Promise<OpsServer>((resolve) =>
      setImmediate(function look() {
        const [found] = running;
        if (found) resolve(found);
        else setImmediate(look);
      }),
    );
    const reply = fetch(`http://127.0.0.1:${server.port}/slow`, { headers: { connection: 'close' } });
    await entered;
    const stopped = server.stop(5_000);
    finish();
    expect(await (await reply).text()).toBe('done');
    await stopped;
  });

  it('cuts a request that does not end within the grace time', async () => {
    const { server, ask } = await start({ routes: [{ method: 'GET', path: '/stuck', handle: () => new Promise(() => {}) }] });
    const cut = expect(ask('/stuck')).rejects.toThrow();
    await server.stop(50);
    await cut;
  });
});
