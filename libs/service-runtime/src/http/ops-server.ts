import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthChecks, HealthReport } from '../health/health-checks.js';
import type { Metrics } from '../metrics/metrics.js';
import { OpsServerError, PortTakenError } from './ops-server.errors.js';
import { HttpProblemError, PROBLEM_CONTENT_TYPE } from './problem.js';
import { readJsonBody } from './read-body.js';

/** A request as a route gets it. */
export interface OpsRequest {
  readonly method: string;
  readonly path: string;
  /** Values of the route's `:name` segments. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The JSON body; `undefined` when there is none. */
  readonly body: unknown;
  /** Aborted when the client goes away before the answer. */
  readonly signal: AbortSignal;
}

/** An answer: `text` as it is, else `json`, else an empty body. Status 200 (204 without a body) unless told. */
export interface OpsReply {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One endpoint. The path is exact, except that a `:name` segment matches anything. */
export interface OpsRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly handle: (request: OpsRequest) => Promise<OpsReply> | OpsReply;
}

/** What {@link startOpsServer} serves and where. */
export interface OpsServerOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  /** The setting that {@link port} comes from, named when the port is taken. */
  readonly portSetting: string;
  /** All addresses unless told. */
  readonly host?: string;
  readonly health?: HealthChecks;
  readonly metrics?: Metrics;
  readonly routes?: readonly OpsRoute[];
  /** 1 MiB unless told. */
  readonly bodyLimitBytes?: number;
  /** Told of errors of routes that are no {@link HttpProblemError}; the client gets a bare 500. */
  readonly onError?: (error: unknown, request: { method: string; path: string }) => void;
}

/** A running server. */
export interface OpsServer {
  readonly port: number;
  /** Stops listening, lets requests in hand finish for up to `graceMs` (1000 unless told), then cuts what is left. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * A small HTTP server on node:http: `/health/live`, `/health/ready`, `/metrics` and further routes. Errors are problem+json.
 * It is there because a web framework costs each of many processes 15 MB.
 * @param options where to listen, what to serve
 * @throws PortTakenError when another process listens on the port
 */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const routes = [...standardRoutes(options), ...(options.routes ?? [])];
  const server = createServer((request, response) => void answer(request, response, routes, options));
  server.keepAliveTimeout = 5_000;
  await listening(server, options);
  const { port } = server.address() as AddressInfo;
  return { port, stop: (graceMs = 1_000) => stop(server, graceMs) };
}

function standardRoutes({ health, metrics }: OpsServerOptions): OpsRoute[] {
  const shown = (report: HealthReport): OpsReply => ({ status: report.status === 'ok' ? 200 : 503, json: report });
  return [
    ...(health
      ? [
          { method: 'GET', path: '/health/live', handle: async () => shown(await health.live()) } as const,
          { method: 'GET', path: '/health/ready', handle: async () => shown(await health.ready()) } as const,
        ]
      : []),
    ...(metrics
      ? [
          {
            method: 'GET',
            path: '/metrics',
            handle: async () => ({ text: await metrics.render(), headers: { 'content-type': metrics.contentType } }),
          } as const,
        ]
      : []),
  ];
}

async function answer(request: IncomingMessage, response: ServerResponse, routes: OpsRoute[], options: OpsServerOptions): Promise<void> {
  const method = request.method ?? 'GET';
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
  try {
    const { route, params } = match(method, path, routes);
    const body = method === 'GET' || method === 'HEAD' ? undefined : await readJsonBody(request, options.bodyLimitBytes ?? 1_048_576);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const query = new URLSearchParams(search);
    send(response, await route.handle({ method, path, params, query, headers: request.headers, body, signal: gone.signal }));
  } catch (error) {
    if (!(error instanceof HttpProblemError)) options.onError?.(error, { method, path });
    const shown =
      error instanceof HttpProblemError ? error : new HttpProblemError({ status: 500, code: 'internal_error' }, { cause: error });
    // An unread rest of the body would be taken for the next request.
    const close: Record<string, string> = request.complete ? {} : { connection: 'close' };
    const allow: Record<string, string> = Array.isArray(shown.problem['allow']) ? { allow: shown.problem['allow'].join(', ') } : {};
    const json = { ...shown.problem, instance: path };
    send(response, { status: shown.problem.status, json, headers: { 'content-type': PROBLEM_CONTENT_TYPE, ...close, ...allow } });
  }
}

function match(method: string, path: string, routes: OpsRoute[]): { route: OpsRoute; params: Record<string, string> } {
  const matching = routes.flatMap((route) => {
    const params = paramsOf(route.path, path);
    return params ? [{ route, params }] : [];
  });
  if (matching.length === 0) throw new HttpProblemError({ status: 404, code: 'not_found', detail: `There is nothing at ${path}.` });
  const asked = method === 'HEAD' ? 'GET' : method;
  const found = matching.find(({ route }) => route.method === asked);
  if (found) return found;
  const allow = matching.map(({ route }) => route.method);
  throw new HttpProblemError({ status: 405, code: 'method_not_allowed', detail: `Use ${allow.join(' or ')}.`, extensions: { allow } });
}

function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const names = pattern.split('/');
  const values = path.split('/');
  if (names.length !== values.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const value = values[index] ?? '';
    if (name.startsWith(':')) params[name.slice(1)] = decode(value);
    else if (name !== value) return undefined;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function send(response: ServerResponse, reply: OpsReply): void {
  if (response.destroyed || response.headersSent) return;
  const text = reply.text ?? (reply.json === undefined ? undefined : JSON.stringify(reply.json));
  const type: Record<string, string> =
    reply.text !== undefined
      ? { 'content-type': 'text/plain; charset=utf-8' }
      : text === undefined
        ? {}
        : { 'content-type': 'application/json' };
  response.writeHead(reply.status ?? (text === undefined ? 204 : 200), { ...type, 'cache-control': 'no-store', ...reply.headers });
  response.end(text);
}

function listening(server: Server, { port, host, portSetting }: OpsServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PortTakenError(port, portSetting, { cause: error })
          : new OpsServerError(port, portSetting, error),
      ),
    );
    server.listen(port, host, resolve);
  });
}

function stop(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
