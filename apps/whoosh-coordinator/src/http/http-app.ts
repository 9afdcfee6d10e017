import type { IncomingHttpHeaders } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestLogger, PortTakenError, problem } from '@whoosh/service-runtime';
import { AppModule } from '../app.module.js';
import type { CoordinatorParts } from '../coordinator.parts.js';
import { answerProblem, MAX_BODY_BYTES, ProblemFilter, problemOf } from './problem.filter.js';
import { ReadyGuard } from './ready.guard.js';
import { requestValidation } from './validation.js';

/** The HTTP application, not yet listening. Open event streams do not hold up its close. */
export async function httpApp(parts: CoordinatorParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => answerProblem(reply, problemOf(error), request.url),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(parts), adapter, {
    logger: new NestLogger(parts.logger),
    abortOnError: false,
  });
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    if (!hasBody(request.headers) || /^application\/([\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) return done();
    const detail = `The body must be JSON: send it with "Content-Type: application/json", not ${request.headers['content-type'] ?? 'without a type'}.`;
    answerProblem(reply, problem({ status: 415, code: 'unsupported_media_type', detail }), request.url);
  });
  app.useGlobalPipes(requestValidation());
  app.useGlobalFilters(new ProblemFilter(parts.logger));
  app.useGlobalGuards(new ReadyGuard(parts.readiness));
  const { mountOpenApi } = await import('./open-api.js');
  mountOpenApi(app);
  return app;
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * @returns the port that it listens on
 * @throws PortTakenError naming the port and the setting
 */
export async function listen(app: NestFastifyApplication, port: number, host: string): Promise<number> {
  try {
    await app.listen(port, host);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new PortTakenError(port, 'WHOOSH_PORT', { cause: error });
    throw error;
  }
  const address = app.getHttpServer().address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
