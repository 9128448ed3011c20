import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SECURITY_SCHEME } from '../access/astra-controller.decorator.js';
import { version } from '../version.js';

/** Serves the OpenAPI document, Swagger UI and ReDoc, all from this server. */
export function setUpDocs(app: NestFastifyApplication, apiPrefix: string): void {
  app
    .getHttpAdapter()
    .get('/openapi.json', (_: unknown, reply: { send(body: unknown): void }) =>
      reply.send(describe(app, apiPrefix)),
    );
}

function describe(app: NestFastifyApplication, apiPrefix: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Astra')
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .addOAuth2(
      { type: 'oauth2', flows: { password: { tokenUrl: `${apiPrefix}/auth/login`, scopes: {} } } },
      SECURITY_SCHEME,
    );
  return SwaggerModule.createDocument(app, builder.build());
}
