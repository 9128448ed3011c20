import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { describeApi } from './openapi.js';
import { ownFile, packagedFile, serveFile } from './static-files.js';

/** The pages load nothing but what this server serves, and run no script but those files. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];
const SWAGGER_UI_POLICY = [...PAGE_POLICY, "style-src 'self'"].join('; ');
const REDOC_POLICY = [
  ...PAGE_POLICY,
  // It makes two style elements: an empty one, which its script then fills, and that of its scroll bars.
  "style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
  // Its search.
  'worker-src blob:',
].join('; ');

/**
 * Serves the OpenAPI document, Swagger UI and ReDoc, all from this server.
 *
 * @param apiPrefix - With a slash before and none after.
 */
export async function setUpDocs(app: NestFastifyApplication, apiPrefix: string): Promise<void> {
  const server: FastifyInstance = app.getHttpAdapter().getInstance();

  let document: string | undefined;
  server.get('/openapi.json', (_request, reply) => {
    // Only when the application runs are all its routes known.
    document ??= JSON.stringify(describeApi(app, apiPrefix));
    return reply.type('application/json; charset=utf-8').send(document);
  });

  servePage(server, '/docs', await ownFile('swagger-ui.html'), SWAGGER_UI_POLICY);
  serveFile(server, '/docs/init.js', await ownFile('swagger-ui.init.js'));
  for (const name of ['index.css', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'])
    serveFile(server, `/docs/${name}`, await packagedFile(`swagger-ui-dist/${name}`));

  servePage(server, '/redoc', await ownFile('redoc.html'), REDOC_POLICY);
  serveFile(server, '/redoc/init.js', await ownFile('redoc.init.js'));
  serveFile(server, '/redoc/redoc.standalone.js', await redocBundle());
}

/** ReDoc without the one thing that it would load from elsewhere: the logo of its maker. */
async function redocBundle(): Promise<Buffer> {
  // A development dependency, of which the build copies this file beside our own.
  const bundle = await ownFile('redoc.standalone.js').catch(() =>
    packagedFile('redoc/bundles/redoc.standalone.js'),
  );
  return Buffer.from(bundle.toString().replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,'));
}

function servePage(server: FastifyInstance, url: string, html: Buffer, policy: string): void {
  server.get(url, (_request, reply) =>
    reply.header('Content-Security-Policy', policy).type('text/html; charset=utf-8').send(html),
  );
}
