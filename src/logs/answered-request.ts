import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AuthenticatedRequest, PRINCIPAL } from '../access/principal.js';
import { clientOf } from '../http/request/client.js';
import { errorText } from '../http/problem/error-text.js';
import type { ProblemCode } from '../http/problem/problem-types.js';
import { type AnsweredWithProblem, PROBLEM } from '../http/problem/problem.filter.js';
import { RequestCause } from '../http/request/request-id.js';
import { readTraceFields, SPAN, type TracedRequest } from '../spans/trace-context.js';

/** Outcome of a request, with the field names of the log. Of these, a client can only choose `request_id`. */
export interface AnsweredRequest {
  /** `X-Request-Id` of the response. */
  request_id: string;
  /** Server-generated id, as in audit events, if the client chose `request_id`. */
  server_request_id?: string;
  /** Trace that the request is part of; without recorded traces, the one that the client named. */
  trace_id?: string;
  /** Span of the request, if traces are recorded. */
  span_id?: string;
  /** Signed-in user. */
  user_id?: string;
  /** API key that was sent instead of an access token, by its id. */
  api_key_id?: string;
  ip?: string;
  method?: string;
  /** Pattern of the route, such as `/api/v1/admin/users/:id`; missing if no route matches. */
  route?: string;
  /** Status; 499 if the client disconnected before the response. */
  status: number;
  /** Time in ms from the arrival of the header to the last byte of the response; missing if no header could be read. */
  latency_ms?: number;
  /** Code of the problem document, if there is one. */
  problem?: ProblemCode;
  /** Reason why the service could not process the request, if the client is not at fault. */
  reason?: string;
}

/** Status of a request whose client disconnected early, as in nginx. */
const GONE = 499;

/** Calls a function for every request after it is finished. */
export function onAnswered(server: FastifyInstance, tell: (request: AnsweredRequest) => void): void {
  server.addHook('onRequest', (request, reply, done) => {
    // Also fires if the client disconnects, when Fastify runs no hook.
    reply.raw.once('close', () => tell(answeredRequest(request, reply)));
    done();
  });
}

/**
 * Returns the outcome of a request.
 *
 * @param reply - Already sent, or no longer sendable.
 */
export function answeredRequest(
  request: FastifyRequest & AuthenticatedRequest & AnsweredWithProblem & TracedRequest,
  { raw, elapsedTime }: FastifyReply,
): AnsweredRequest {
  const isAnswered = raw.writableFinished;
  const problem = isAnswered ? request[PROBLEM] : undefined;
  const span = request[SPAN]?.spanContext();
  return {
    request_id: request.id,
    server_request_id: new RequestCause(request).serverRequestId,
    trace_id: (span ?? readTraceFields(request.headers))?.traceId,
    span_id: span?.spanId,
    user_id: request[PRINCIPAL]?.userId,
    api_key_id: request[PRINCIPAL]?.apiKeyId ?? undefined,
    ip: clientOf(request).ip ?? undefined,
    method: request.method,
    route: request.routeOptions.url,
    status: isAnswered ? raw.statusCode : GONE,
    latency_ms: Math.round(elapsedTime * 10) / 10,
    problem: problem?.code,
    reason: problem && problem.getStatus() >= 500 && problem.cause ? errorText(problem.cause) : undefined,
  };
}
