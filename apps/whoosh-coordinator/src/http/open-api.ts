import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document of the HTTP API. */
export function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('WHOOSH coordinator')
    .setDescription('Forms councils of CHORUS agents. Errors are RFC 9457 problem+json that name every violation.')
    .setVersion('1.0')
    .build();
  return SwaggerModule.createDocument(app, about);
}

/** Serves the document at `/docs` (pages) and `/docs-json`. The pages' files stand beside a bundle, or in node_modules. */
export function mountOpenApi(app: NestFastifyApplication): void {
  const beside = fileURLToPath(new URL('./swagger-ui', import.meta.url));
  SwaggerModule.setup('docs', app, openApiOf(app), existsSync(beside) ? { customSwaggerUiPath: beside } : {});
}
