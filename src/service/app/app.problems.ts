import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { LoggerService } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuid } from 'uuid';
import type { AnsweredRequest } from '../../logs/answered-request.js';
import { Problem } from '../../http/problem/problem.js';
import { parseIpAddress } from '../../http/request/ip-address.js';
import { answerTo, headersOf, problemFor } from '../../http/problem/problem.filter.js';

/**
 * Returns the header fields of every response. JSON is never rendered as a document; pages for people set their own
 * CSP.
 */
export function headersOfEvery(requestId: string): Record<string, string> {
  return {
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** Responds to errors that Fastify itself raises, which Nest's filters never see. */
export function answerProblems(logger: LoggerService) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = isCutOff(error, request)
      ? badRequest('The request ended before it was complete.')
      : problemFor(error, request, logger);
    const { headers, document } = answerTo(request, problem);
    void reply
      .status(problem.getStatus())
      // Set again, because no hook runs for an unreadable URL.
      .headers({ ...headersOfEvery(request.id), ...headers })
      .send(document);
  };
}

/** Returns whether the client disconnected while its body was read, which is not an error of the service. */
function isCutOff(error: unknown, { raw }: FastifyRequest): boolean {
  return !raw.complete && (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';
}

/** Nest's Fastify adapter with Astra's error handler. Nest's own loses the reason of an error, such as invalid JSON. */
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

/** Problems for errors of Node's HTTP parser, before there is a request. */
const parserProblems: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'headers-too-large', 'The request header fields are too large.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'request-timeout', 'The request did not arrive in time.'),
};

/** Time in ms that a client has to read an error before its connection is closed. */
const LINGER = 1_000;

/** Called with the outcome of a connection without a request. */
type Tell = (request: AnsweredRequest) => void;

/** Responds to parser errors, for which there is neither a request nor a reply. */
export function answerClientError(error: Error & { code?: string }, socket: Socket, tell: Tell): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  answerOnSocket(
    socket,
    parserProblems[error.code ?? ''] ?? badRequest('The server could not understand the request.'),
    tell,
  );
}

/** Writes a problem document directly to a socket, and closes the connection. */
function answerOnSocket(socket: Socket, problem: Problem, tell: Tell): void {
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
    ip: parseIpAddress(socket.remoteAddress) ?? undefined,
    status: problem.getStatus(),
    problem: problem.code,
  });
  // The client should close its half. Otherwise the connection would be kept open at the price of one request.
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(timer));
}

/** Handles requests that Node.js would not answer, or answer on its own. */
export function answerUnusualRequests({ server }: FastifyInstance, tell: Tell): void {
  // Only a proxy supports CONNECT.
  server.on('connect', ({ socket }) => {
    socket.on('error', () => socket.destroy());
    answerOnSocket(socket, badRequest('This server is not a proxy.'), tell);
  });
  // Unknown expectations may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Header fields that may occur once. If repeated, a proxy may interpret another one than the service. */
const single = new Set(['host', 'authorization', 'content-type']);

/** Returns a problem with a request that Node's parser accepted; `undefined` if there is none. */
export function malformation({ httpVersion, headers, rawHeaders }: IncomingMessage): Problem | undefined {
  const isNew = httpVersion === '1.1';
  // RFC 9112, 3.2. Node.js would respond by itself, without a problem document.
  if (isNew && headers.host === undefined) return badRequest('The request has no Host header.');
  if (!isNew && httpVersion !== '1.0') return badRequest('This HTTP version is not supported.');
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    if (!single.has(name)) continue;
    if (seen.has(name)) return badRequest(`The request has the header field ${name} more than once.`);
    seen.add(name);
  }
  return undefined;
}

function badRequest(detail: string): Problem {
  return new Problem(400, 'bad-request', detail);
}

/**
 * Responds with 405 and `Allow` (RFC 9110, 15.5.6) if a path exists for other methods; Fastify's router would respond
 * with 404.
 *
 * @returns `close`, to be called when all routes are registered.
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
        const problem = new Problem(405, 'method-not-allowed', 'This method is not allowed here.', {
          headers: { Allow: [...methods].sort().join(', ') },
        });
        server.route({
          method: refused,
          url,
          // Before the body is read, which is irrelevant.
          onRequest: (_request, _reply, done) => done(problem),
          handler: () => undefined,
        });
      }
    },
  };
}
