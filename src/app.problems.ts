import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { LoggerService } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuid } from 'uuid';
import type { AnsweredRequest } from './logs/answered-request.js';
import { Problem } from './problem/problem.js';
import { headersOf, problemFor } from './problem/problem.filter.js';
import { pathOf } from './problem/request-id.js';

/** The header fields of every answer. JSON is never a document; pages that are for people set a policy of their own. */
export function headersOfEvery(requestId: string): Record<string, string> {
  return {
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** Answers the errors that Fastify itself raises, which Nest's filters never see. */
export function answerProblems(logger: LoggerService) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemFor(error, request, logger);
    void reply
      .status(problem.getStatus())
      // Again, because no hook runs for an address that cannot be read.
      .headers({ ...headersOfEvery(request.id), ...headersOf(problem) })
      .send(problem.toDocument(pathOf(request), request.id));
  };
}

/** Nest's Fastify adapter, with our answer to what Fastify refuses: Nest's own loses the reason (bad JSON, for one). */
export class ProblemFastifyAdapter extends FastifyAdapter {
  constructor(
    options: FastifyHttpOptions<Server>,
    private readonly problemLogger: LoggerService,
  ) {
    super(options);
  }

  override setErrorHandler() {
    return this.getInstance().setErrorHandler(answerProblems(this.problemLogger));
  }
}

/** What Node's HTTP parser refuses, before there is a request. */
const parserProblems: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'headers-too-large', 'The request header fields are too large.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'request-timeout', 'The request did not arrive in time.'),
};

/** Answers on the bare socket, since there is neither a request nor a reply yet. */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  tell: (request: AnsweredRequest) => void,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem =
    parserProblems[error.code ?? ''] ??
    new Problem(400, 'bad-request', 'The request could not be understood.');
  const requestId = uuid();
  const body = JSON.stringify(problem.toDocument('/', requestId));
  const headers = {
    ...headersOfEvery(requestId),
    ...headersOf(problem),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.getStatus()} ${STATUS_CODES[problem.getStatus()]}\r\n${lines.join('')}\r\n${body}`,
  );
  tell({
    request_id: requestId,
    ip: socket.remoteAddress,
    status: problem.getStatus(),
    problem: problem.code,
  });
}

/**
 * Answers 405 with `Allow` (RFC 9110, 15.5.6) where a path exists for other methods; Fastify's router answers 404.
 *
 * @returns `close`, to be called once all routes are known.
 */
export function refuseOtherMethods(server: FastifyInstance): { close(): void } {
  const allowed = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    const methods = allowed.get(url) ?? new Set();
    allowed.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  return {
    close() {
      for (const [url, methods] of [...allowed]) {
        const refused = server.supportedMethods.filter((method) => !methods.has(method));
        if (refused.length === 0) continue;
        const problem = new Problem(405, 'method-not-allowed', 'This address does not take this method.', {
          headers: { Allow: [...methods].sort().join(', ') },
        });
        server.route({
          method: refused,
          url,
          // Before the body is read: it is of no interest.
          onRequest: (_request, _reply, done) => done(problem),
          handler: () => undefined,
        });
      }
    },
  };
}
