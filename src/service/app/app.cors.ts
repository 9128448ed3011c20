import type { FastifyInstance } from 'fastify';

const METHODS = 'GET, POST, PATCH, DELETE';
/** Header fields that pages of other origins may read. */
const READABLE = 'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate';
/** Seconds for which a browser may cache a preflight; the maximum of Chromium. */
const MAX_AGE = '7200';

/**
 * Allows pages of other origins to call the API (Fetch standard, 3.3), and answers preflights. Runs at its position
 * among the hooks; Nest's `enableCors` would answer preflights before any hook has logged or counted them.
 *
 * @param origins - Origins of the pages, as browsers send them: `https://app.example.com`.
 * @param credentials - Whether their requests may contain cookies.
 */
export function allowOrigins(
  server: FastifyInstance,
  origins: readonly string[],
  credentials: boolean,
): void {
  const allowed = new Set(origins);
  server.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': method } = request.headers;
    reply.header('Vary', 'Origin');
    const isAllowed = origin !== undefined && allowed.has(origin);
    if (isAllowed) {
      reply.header('Access-Control-Allow-Origin', origin);
      reply.header('Access-Control-Expose-Headers', READABLE);
      if (credentials) reply.header('Access-Control-Allow-Credentials', 'true');
    }
    if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return done();

    if (isAllowed) {
      reply.header('Vary', 'Origin, Access-Control-Request-Headers');
      reply.header('Access-Control-Allow-Methods', METHODS);
      reply.header('Access-Control-Max-Age', MAX_AGE);
      const fields = request.headers['access-control-request-headers'];
      if (fields !== undefined) reply.header('Access-Control-Allow-Headers', fields);
    }
    // Some browsers wait for a body unless its length is stated.
    void reply.code(204).header('Content-Length', '0').send();
  });
}
