import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AuthenticatedRequest, PRINCIPAL } from '../access/principal.js';
import { clientOf } from '../http/request/client.js';
import { errorText } from '../http/problem/error-text.js';
import type { ProblemCode } from '../http/problem/problem-types.js';
import { type AnsweredWithProblem, PROBLEM } from '../http/problem/problem.filter.js';
import { RequestCause } from '../http/request/request-id.js';

/** What became of a request, under the names that a line of the log has. Of what a client chooses, only `request_id` is among it. */
export interface AnsweredRequest {
  /** `X-Request-Id` of the answer. */
  request_id: string;
  /** The server's own id, if the client chose `request_id`: the one that audit events have. */
  server_request_id?: string;
  /** Who was let in. */
  user_id?: string;
  ip?: string;
  method?: string;
  /** The pattern that the path matched, such as `/api/v1/admin/users/:id`; none if there is no such address. */
  route?: string;
  /** 499: the client went away before it was answered. */
  status: number;
  /** From the arrival of the header to the last byte of the answer, in ms; none if no header could be read. */
  latency_ms?: number;
  /** Of the problem document, if it was answered with one. */
  problem?: ProblemCode;
  /** Why the service could not do what was asked for, if it was not the client's fault. */
  reason?: string;
}

/** Status of a request whose client did not wait for the answer; nginx's number. */
const GONE = 499;

/** Tells of every request, once it is over. */
export function onAnswered(server: FastifyInstance, tell: (request: AnsweredRequest) => void): void {
  server.addHook('onRequest', (request, reply, done) => {
    // Also when the client goes away, when no hook of Fastify's is run.
    reply.raw.once('close', () => tell(answeredRequest(request, reply)));
    done();
  });
}

/** @param reply - Was sent, or cannot be any more. */
export function answeredRequest(
  request: FastifyRequest & AuthenticatedRequest & AnsweredWithProblem,
  { raw, elapsedTime }: FastifyReply,
): AnsweredRequest {
  const isAnswered = raw.writableFinished;
  const problem = isAnswered ? request[PROBLEM] : undefined;
  return {
    request_id: request.id,
    server_request_id: new RequestCause(request).serverRequestId,
    user_id: request[PRINCIPAL]?.userId,
    ip: clientOf(request).ip ?? undefined,
    method: request.method,
    route: request.routeOptions.url,
    status: isAnswered ? raw.statusCode : GONE,
    latency_ms: Math.round(elapsedTime * 10) / 10,
    problem: problem?.code,
    reason: problem && problem.getStatus() >= 500 && problem.cause ? errorText(problem.cause) : undefined,
  };
}
