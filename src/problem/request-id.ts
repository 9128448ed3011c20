import { randomFillSync } from 'node:crypto';
import { v7 as uuid } from 'uuid';

/** What Astra reads of a request; Fastify's and Express's both have it. */
export interface AnyRequest {
  id?: unknown;
  url: string;
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
}

const made = new WeakMap<object, string>();

/**
 * The id under which a request is logged: the one that the HTTP server gave it, else the client's own
 * `X-Request-Id` if it is of 1 to 64 letters, digits and hyphens, else a new one.
 */
export function requestIdOf(request: AnyRequest): string {
  if (typeof request.id === 'string') return request.id;
  let id = made.get(request);
  if (!id) {
    id = chooseRequestId(request.headers);
    made.set(request, id);
  }
  return id;
}

/** Takes over the client's request id if it is a plain one, else makes one. */
export function chooseRequestId(headers: AnyRequest['headers']): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && sent.length <= 64 && /^[A-Za-z0-9-]+$/.test(sent)
    ? sent
    : uuid({ random: drawRandom() });
}

/** For 256 ids: asking the system for it takes several times as long as making an id of it. */
const random = Buffer.alloc(256 * 16);
let drawn = random.length;

function drawRandom(): Buffer {
  if (drawn === random.length) {
    randomFillSync(random);
    drawn = 0;
  }
  return random.subarray(drawn, (drawn += 16));
}

/** The path that was asked for, without its query, which may hold what a log or an answer should not. */
export function pathOf(request: AnyRequest): string {
  const [target] = (request.originalUrl ?? request.url).split('?', 1);
  // A proxy's form of it names the server as well (RFC 9112, 3.2.2).
  return target.replace(/^https?:\/\/[^/]*/i, '') || '/';
}
