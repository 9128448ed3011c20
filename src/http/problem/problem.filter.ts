import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { errorPlaces, errorText, isError } from './error-text.js';
import { setHeaders } from '../nest/set-headers.js';
import { asFormRefusal } from '../input/forms.js';
import { Problem, type ProblemDocument } from './problem.js';
import { type Cause, onBehalfOf } from '../request/request-context.js';
import {
  type AnyRequest,
  chooseRequestId,
  pathOf,
  RequestCause,
  requestIdOf,
} from '../request/request-id.js';
import { toProblem } from './to-problem.js';

/** Key of the problem in a request that was answered with one. */
export const PROBLEM = Symbol('astra:problem');

/** Request with the problem that it was answered with. */
export interface AnsweredWithProblem {
  [PROBLEM]?: Problem;
}

/**
 * Responds to every error with a problem document (RFC 9457), on Fastify and on Express; in a gateway, with a
 * message `exception` that contains the document.
 */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /**
   * Responds to a request or a WebSocket message.
   *
   * @param error - Any value that was thrown. Unless it has a known meaning, it is logged, and the response only says that
   *   something went wrong.
   * @throws the error itself in other contexts, such as GraphQL.
   */
  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() === 'ws') return this.answerMessage(error, host.switchToWs());
    // Astra's guards may also protect a host's GraphQL resolvers, whose own layer handles errors.
    if (host.getType() !== 'http') throw error;

    const request = host.switchToHttp().getRequest<AnyRequest>();
    const response = host.switchToHttp().getResponse<object>();
    const problem = problemFor(error, request, this.logger);

    const { headers, document } = answerTo(request, problem);
    setHeaders(response, headers, this.adapterHost);
    this.adapterHost.httpAdapter.reply(response, document, problem.getStatus());
  }

  /** Responds to a WebSocket message, whose format depends on the adapter. */
  private answerMessage(error: unknown, message: ReturnType<ArgumentsHost['switchToWs']>): void {
    const requestId = chooseRequestId({});
    const problem = toProblem(error) ?? unforeseen(error, { requestId }, this.logger);
    const data = problem.toDocument(message.getPattern(), requestId);
    const socket = message.getClient<MessageSocket>();
    if ('readyState' in socket) socket.send(JSON.stringify({ event: 'exception', data }));
    else socket.emit('exception', data);
  }
}

/** A connection of `ws` sends text; one of Socket.IO sends events. */
type MessageSocket =
  { readyState: number; send(text: string): void } | { emit(event: string, data: object): void };

/** Returns the problem for an error. An unexpected error is logged, and becomes a bare 500. */
export function problemFor(
  error: unknown,
  request: AnyRequest & AnsweredWithProblem,
  logger: Pick<Logger, 'error'>,
): Problem {
  const problem = toProblem(error) ?? unforeseen(error, new RequestCause(request), logger);
  request[PROBLEM] = problem;
  return problem;
}

/** Logs an unexpected error with the id of the request, and returns a problem without details. */
function unforeseen(error: unknown, cause: Cause, logger: Pick<Logger, 'error'>): Problem {
  const kind = isError(error) ? error.constructor.name : typeof error;
  const sentence = `Request ${cause.requestId} failed unexpectedly: ${kind}: ${errorText(error)}`;
  onBehalfOf(cause, () => logger.error(sentence, errorPlaces(error)));
  return new Problem(
    500,
    'internal-error',
    'An unexpected error occurred. Please report it with the request id.',
  );
}

/** Returns the response to a request with a problem. */
export function answerTo(
  request: AnyRequest,
  problem: Problem,
): { headers: Record<string, string>; document: ProblemDocument } {
  const document = problem.toDocument(pathOf(request), requestIdOf(request));
  const refusal = asFormRefusal(document, problem, request);
  const headers = headersOf(problem);
  if (!refusal) return { headers, document };
  return { headers: { ...headers, 'Content-Type': 'application/json; charset=utf-8' }, document: refusal };
}

/** Returns the header fields of a problem response. */
export function headersOf(problem: Problem): Record<string, string> {
  return {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
    // RFC 9110, 11.6.1: a 401 must name an authentication scheme.
    ...(problem.getStatus() === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...problem.headers,
  };
}
