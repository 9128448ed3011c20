import { IncomingMessage, type OutgoingHttpHeaders, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { RequestMethod } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyHttpOptions } from 'fastify';
import helmet from 'helmet';
import type { DataSource } from 'typeorm';
import { API_PREFIX, AppModule, type ServiceSettings } from './app.module.js';
import { setUpDocs } from '../../docs/docs.setup.js';
import {
  answerClientError,
  answerProblems,
  answerUnusualRequests,
  headersOfEvery,
  malformation,
  ProblemFastifyAdapter,
  refuseOtherMethods,
} from './app.problems.js';
import { takeBodies } from './app.bodies.js';
import { allowOrigins } from './app.cors.js';
import { trustOf } from './app.proxies.js';
import { guardAgainstOverload } from './app.overload.js';
import { answeredRequest, onAnswered } from '../../logs/answered-request.js';
import type { ServiceLogger } from '../../logs/service-logger.js';
import { Metrics } from '../../metrics/metrics.js';
import { ProblemFilter } from '../../http/problem/problem.filter.js';
import { MAX_BODY_BYTES } from '../../http/input/input.guard.js';
import { onBehalfOf } from '../../http/request/request-context.js';
import { chooseRequestId, RequestCause } from '../../http/request/request-id.js';
import { RateLimitsService } from '../../rate-limit/rate-limits.service.js';

/** Paths at the root of the service; all others are below {@link API_PREFIX}. */
const ROOT_PATHS = [
  '/',
  'health/{*path}',
  'problems/{*path}',
  '.well-known/{*path}',
  'dev/{*path}',
  'account/{*path}',
];

/**
 * Makes the stand-alone service, ready to listen: the modules, and the HTTP edge around them.
 *
 * @param db - Connected already; closing the application closes it.
 * @param logger - Is Nest's as well from then on.
 * @param options.shedsLoad - Whether requests are refused while the process is late with all that it does. Default yes.
 */
export async function createApp(
  settings: ServiceSettings,
  db: DataSource,
  logger: ServiceLogger,
  { shedsLoad = true } = {},
): Promise<NestFastifyApplication> {
  const options: FastifyHttpOptions<Server> = {
    genReqId: ({ headers }) => chooseRequestId(headers),
    trustProxy: settings.trustedProxies.length > 0 && trustOf(settings.trustedProxies),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 15_000,
    // Of a connection on which nothing moves, such as one whose client does not take its answer.
    connectionTimeout: 60_000,
    // By default Node looks for requests that are late only every 30 seconds.
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
      // Whatever NODE_OPTIONS says: leniency is what requests are smuggled by.
      insecureHTTPParser: false,
    },
    forceCloseConnections: 'idle',
    // What still arrives on an open connection is answered like anything else; Fastify's own 503 is no problem document.
    return503OnClosing: false,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: false, ignoreDuplicateSlashes: false, maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an address that cannot be read.
      reply.raw.once('close', () => logger.answered(answeredRequest(request, reply)));
      answerProblems(logger)(error, request, reply);
    },
    clientErrorHandler: (error, socket) =>
      answerClientError(error, socket, (request) => logger.answered(request)),
  };
  const adapter = new ProblemFastifyAdapter(options, logger);
  const server: FastifyInstance = adapter.getInstance();
  let metrics: Metrics | undefined;
  onAnswered(server, (request) => {
    metrics?.answered(request);
    // Questions for its health come every few seconds.
    if (!request.route?.startsWith('/health/')) logger.answered(request);
  });
  takeBodies(server);
  setHeaders(server);
  answerUnusualRequests(server, (request) => logger.answered(request));
  if (shedsLoad) guardAgainstOverload(server, logger);
  closeConnectionsThatFallIdle(server);
  const routes = refuseOtherMethods(server);

  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(settings, db), adapter, {
    bodyParser: false,
    logger,
    abortOnError: false,
    forceCloseConnections: false,
  });
  if (settings.metricsPort !== undefined) metrics = app.get(Metrics, { strict: false });
  app.setGlobalPrefix(API_PREFIX, {
    exclude: ROOT_PATHS.map((path) => ({ path, method: RequestMethod.ALL })),
  });
  app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
  const limits = app.get(RateLimitsService, { strict: false });
  countPreflights(server, limits);
  if (settings.corsOrigins.length > 0)
    allowOrigins(server, settings.corsOrigins, Boolean(settings.auth.refreshCookie));
  countRequests(server, limits);
  if (settings.docs) await setUpDocs(app, `/${API_PREFIX}`);

  try {
    await app.init();
  } catch (error) {
    // What started before the part that could not must not go on by itself.
    await app.close();
    throw error;
  }
  routes.close();
  return app;
}

/** Before CORS answers them. */
function countPreflights(server: FastifyInstance, limits: RateLimitsService): void {
  server.addHook('onRequest', async (request) => {
    if (request.method === 'OPTIONS') limits.takeRequest(request);
  });
}

/**
 * Also those for addresses that are none, and with bodies that cannot be read: no guard ever sees them. After CORS, so that
 * a page can read that it was refused.
 */
function countRequests(server: FastifyInstance, limits: RateLimitsService): void {
  server.addHook('onRequest', async (request) => {
    const isHealth = request.routeOptions.url?.startsWith('/health/');
    if (!isHealth) limits.takeRequest(request);
  });
}

/** The header fields of every answer. */
function setHeaders(server: FastifyInstance): void {
  const constant = helmetHeaders();
  // With a callback, since a promise would be paid for by every request.
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(constant).headers(headersOfEvery(request.id));
    done(malformation(request.raw));
  });
  // Whatever it sets going, such as mail, is logged under its id. Reading a body would lose it, hence after that.
  server.addHook('preHandler', (request, _reply, done) => onBehalfOf(new RequestCause(request), done));
}

/** What Helmet sets is the same for every answer, so it is asked once. */
function helmetHeaders(): OutgoingHttpHeaders {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const setThem = helmet({
    contentSecurityPolicy: false,
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
  });
  setThem(response.req, response, () => undefined);
  return response.getHeaders();
}

/**
 * While the service closes, connections end when their last answer is sent. Fastify closes those that are idle when it
 * begins, and would wait for the others as long as a client may keep one open (72 seconds).
 */
function closeConnectionsThatFallIdle(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    const timer = setInterval(() => server.server.closeIdleConnections(), 100);
    server.server.once('close', () => clearInterval(timer));
    done();
  });
}
