import { context, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answeredRequest } from '../logs/answered-request.js';
import { contextOf, markFailed, tracer } from '../spans/in-span.js';
import { readTraceFields, SPAN, type TracedRequest } from '../spans/trace-context.js';

/** Methods with a name of their own (OpenTelemetry, Semantic Conventions for HTTP). */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'];

/**
 * Makes a span of each request, except health checks.
 *
 * It names the pattern of the route, never the path, the query or the client: they may contain secrets or identify a user.
 *
 * @param options.continues - Whether a request that names a trace (`traceparent`) is part of that trace.
 */
export function traceRequests(server: FastifyInstance, { continues }: { continues: boolean }): void {
  server.addHook('onRequest', (request: FastifyRequest & TracedRequest, reply, done) => {
    if (!request.routeOptions.url?.startsWith('/health/')) startSpan(request, reply, continues);
    done();
  });
  // Reading the body would lose the context, so this hook runs afterwards.
  server.addHook('preHandler', (request: FastifyRequest & TracedRequest, _reply, done) => {
    const span = request[SPAN];
    if (span) context.with(trace.setSpan(context.active(), span), done);
    else done();
  });
}

/** Starts the span of a request, which ends with the response. */
function startSpan(request: FastifyRequest & TracedRequest, reply: FastifyReply, continues: boolean): void {
  const { headers, protocol } = request;
  const { url: route } = request.routeOptions;
  const method = METHODS.includes(request.method) ? request.method : '_OTHER';
  const span = tracer().startSpan(
    [method === '_OTHER' ? 'HTTP' : method, route].filter(Boolean).join(' '),
    {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': method, 'url.scheme': protocol, 'http.route': route },
    },
    contextOf(continues ? readTraceFields(headers) : null),
  );
  request[SPAN] = span;
  // Also fires if the client disconnects, when Fastify runs no hook.
  reply.raw.once('close', () => {
    const { status, problem } = answeredRequest(request, reply);
    span.setAttribute('http.response.status_code', status);
    if (problem) span.setAttribute('astra.problem', problem);
    if (status >= 500) markFailed(span, String(status));
    span.end();
  });
}
