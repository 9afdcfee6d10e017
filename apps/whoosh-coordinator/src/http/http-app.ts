import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestLogger, PortTakenError } from '@whoosh/service-runtime';
import { AppModule } from '../app.module.js';
import type { CoordinatorParts } from '../coordinator.parts.js';
import { MAX_BODY_BYTES, ProblemFilter } from './problem.filter.js';
import { ReadyGuard } from './ready.guard.js';
import { requestValidation } from './validation.js';

/** The HTTP application, not yet listening. Open event streams do not hold up its close. */
export async function httpApp(parts: CoordinatorParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(parts), adapter, {
    logger: new NestLogger(parts.logger),
    abortOnError: false,
  });
  app.useGlobalPipes(requestValidation());
  app.useGlobalFilters(new ProblemFilter(parts.logger));
  app.useGlobalGuards(new ReadyGuard(parts.readiness));
  const { mountOpenApi } = await import('./open-api.js');
  mountOpenApi(app);
  return app;
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
