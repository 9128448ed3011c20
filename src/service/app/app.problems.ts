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
    const problem = isCutOff(error, request)
      ? badRequest('The request ended before it was complete.')
      : problemFor(error, request, logger);
    const { headers, document } = answerTo(request, problem);
    void reply
      .status(problem.getStatus())
      // Again, because no hook runs for an address that cannot be read.
      .headers({ ...headersOfEvery(request.id), ...headers })
      .send(document);
  };
}

/** The client went away while its body was read: no mistake of ours, and nobody is there to read the answer. */
function isCutOff(error: unknown, { raw }: FastifyRequest): boolean {
  return !raw.complete && (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';
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

/** In ms: how long a client may read why it was refused before its connection is closed. */
const LINGER = 1_000;

/** Is told what was answered where there was no request to tell it of. */
type Tell = (request: AnsweredRequest) => void;

/** Answers what the parser refuses: there is neither a request nor a reply yet. */
export function answerClientError(error: Error & { code?: string }, socket: Socket, tell: Tell): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  answerOnSocket(
    socket,
    parserProblems[error.code ?? ''] ?? badRequest('The server could not understand the request.'),
    tell,
  );
}

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
  // Its other half is the client's to close. One who does not would keep the connection, at the price of one request.
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(timer));
}

/** Answers what Node would leave without an answer, or give one of its own. */
export function answerUnusualRequests({ server }: FastifyInstance, tell: Tell): void {
  // Only a proxy could do what CONNECT asks for.
  server.on('connect', ({ socket }) => {
    socket.on('error', () => socket.destroy());
    answerOnSocket(socket, badRequest('This server is not a proxy.'), tell);
  });
  // An expectation that is not known may be left aside (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Fields of which a request has one at most. Of more, whoever stands before the service may believe another. */
const single = new Set(['host', 'authorization', 'content-type']);

/** What is wrong with a request that Node's parser let through. */
export function malformation({ httpVersion, headers, rawHeaders }: IncomingMessage): Problem | undefined {
  const isNew = httpVersion === '1.1';
  // RFC 9112, 3.2. Node would answer it by itself, without a word.
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
        const problem = new Problem(405, 'method-not-allowed', 'This method is not allowed here.', {
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
