import type { FastifyInstance } from 'fastify';

const METHODS = 'GET, POST, PATCH, DELETE';
const READABLE = 'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate';
/** Seconds for which a browser may remember a permission; the most that Chromium does. */
const MAX_AGE = '7200';

/**
 * Lets pages of other sites call the API (the Fetch standard, 3.3), and answers the preflights of browsers. It does so where
 * it is called among the hooks; Nest's `enableCors` answers preflights before any hook has logged or counted them.
 *
 * @param origins - Of the pages, as browsers name them: `https://app.example.com`.
 * @param credentials - Whether their requests may carry cookies.
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
    // Some browsers wait for a body if they are not told that there is none.
    void reply.code(204).header('Content-Length', '0').send();
  });
}
