import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { describeApi } from './openapi.js';
import { ownFile, packagedFile, serveFile } from './static-files.js';

/** Content Security Policy: pages load only files of this server and run no other scripts. */
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
  // ReDoc creates two style elements: an empty one, which its script fills, and one for its scroll bars.
  "style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
  // Used by its search.
  'worker-src blob:',
].join('; ');

/**
 * Serves the OpenAPI document, Swagger UI and ReDoc, all from this server.
 *
 * @param apiPrefix - With a leading and without a trailing slash.
 */
export async function setUpDocs(app: NestFastifyApplication, apiPrefix: string): Promise<void> {
  const server: FastifyInstance = app.getHttpAdapter().getInstance();

  let document: string | undefined;
  server.get('/openapi.json', (_request, reply) => {
    // Generated on the first request, because all routes are known only when the application runs.
    document ??= JSON.stringify(describeApi(app, apiPrefix));
    return reply.type('application/json; charset=utf-8').send(document);
  });

  servePage(server, '/docs', await ownFile('swagger-ui.html'), SWAGGER_UI_POLICY);
  serveFile(server, '/docs/init.js', await ownFile('swagger-ui.init.js'));
  serveFile(server, '/docs/contrast.css', await ownFile('swagger-ui.contrast.css'));
  for (const name of ['index.css', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'])
    serveFile(server, `/docs/${name}`, await packagedFile(`swagger-ui-dist/${name}`));

  servePage(server, '/redoc', await ownFile('redoc.html'), REDOC_POLICY);
  serveFile(server, '/redoc/init.js', await ownFile('redoc.init.js'));
  serveFile(server, '/redoc/redoc.standalone.js', await redocBundle());
}

/** Returns ReDoc without the only resource that it would load from elsewhere, the logo of its maker. */
async function redocBundle(): Promise<Buffer> {
  // A development dependency; the build copies this file.
  const bundle = await ownFile('redoc.standalone.js').catch(() =>
    packagedFile('redoc/bundles/redoc.standalone.js'),
  );
  return Buffer.from(bundle.toString().replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,'));
}

/** Serves an HTML page with its own Content Security Policy. */
function servePage(server: FastifyInstance, url: string, html: Buffer, policy: string): void {
  server.get(url, (_request, reply) =>
    reply.header('Content-Security-Policy', policy).type('text/html; charset=utf-8').send(html),
  );
}
