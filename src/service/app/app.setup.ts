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
import { ExportedMetrics } from '../../metrics/exported-metrics.js';
import { Metrics } from '../../metrics/metrics.js';
import { traceRequests } from '../../tracing/request-spans.js';
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
  'console',
];

/**
 * Creates the stand-alone service, ready to listen: the modules and the HTTP edge.
 *
 * @param db - Connected DataSource, which is closed with the application.
 * @param logger - Also becomes Nest's logger.
 * @param options.shedsLoad - Whether requests are rejected while the process is overloaded. Default `true`.
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
    // For idle connections, such as one whose client does not read the response.
    connectionTimeout: 60_000,
    // By default, Node.js checks for late requests only every 30 seconds.
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
      // Regardless of NODE_OPTIONS: a lenient parser enables request smuggling.
      insecureHTTPParser: false,
    },
    forceCloseConnections: 'idle',
    // Requests on open connections are still processed; Fastify's own 503 is not a problem document.
    return503OnClosing: false,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: false, ignoreDuplicateSlashes: false, maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an unreadable URL.
      reply.raw.once('close', () => logger.answered(answeredRequest(request, reply)));
      answerProblems(logger)(error, request, reply);
    },
    clientErrorHandler: (error, socket) =>
      answerClientError(error, socket, (request) => logger.answered(request)),
  };
  const adapter = new ProblemFastifyAdapter(options, logger);
  const server: FastifyInstance = adapter.getInstance();
  if (settings.tracing) traceRequests(server, settings.tracing);
  const metrics: (Metrics | ExportedMetrics)[] = [];
  onAnswered(server, (request) => {
    for (const each of metrics) each.answered(request);
    // Health checks come every few seconds.
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
  if (settings.metricsPort !== undefined) metrics.push(app.get(Metrics));
  if (settings.metricsExport) metrics.push(app.get(ExportedMetrics));
  app.setGlobalPrefix(API_PREFIX, {
    exclude: ROOT_PATHS.map((path) => ({ path, method: RequestMethod.ALL })),
  });
  app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
  const limits = app.get(RateLimitsService);
  countPreflights(server, limits);
  if (settings.corsOrigins.length > 0)
    allowOrigins(server, settings.corsOrigins, Boolean(settings.auth.refreshCookie));
  countRequests(server, limits);
  if (settings.docs) await setUpDocs(app, `/${API_PREFIX}`);

  try {
    await app.init();
  } catch (error) {
    // Parts that started before the failing one must stop.
    await app.close();
    throw error;
  }
  routes.close();
  return app;
}

/** Counts preflights before CORS answers them. */
function countPreflights(server: FastifyInstance, limits: RateLimitsService): void {
  server.addHook('onRequest', async (request) => {
    if (request.method === 'OPTIONS') limits.takeRequest(request);
  });
}

/**
 * Counts requests, including those for unknown URLs and with unreadable bodies, which reach no guard. Runs after CORS,
 * so that a page can read the rejection.
 */
function countRequests(server: FastifyInstance, limits: RateLimitsService): void {
  server.addHook('onRequest', async (request) => {
    const isHealth = request.routeOptions.url?.startsWith('/health/');
    if (!isHealth) limits.takeRequest(request);
  });
}

/** Sets the header fields of every response. */
function setHeaders(server: FastifyInstance): void {
  const constant = helmetHeaders();
  // A callback rather than a promise, whose cost every request would pay.
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(constant).headers(headersOfEvery(request.id));
    done(malformation(request.raw));
  });
  // Everything that the request causes, such as messages, is logged with its id. Reading the body would lose the
  // context, so this hook runs afterwards.
  server.addHook('preHandler', (request, _reply, done) => onBehalfOf(new RequestCause(request), done));
}

/** Computes Helmet's header fields once, since they are the same for every response. */
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
 * During shutdown, closes connections after their last response. Fastify closes those that are idle at the start, and
 * would wait for the others as long as clients keep them open (72 seconds).
 */
function closeConnectionsThatFallIdle(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    const timer = setInterval(() => server.server.closeIdleConnections(), 100);
    server.server.once('close', () => clearInterval(timer));
    done();
  });
}
