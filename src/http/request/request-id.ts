import { randomFillSync } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { Cause } from './request-context.js';

/** Parts of a request that Astra uses; common to Fastify and Express. */
export interface AnyRequest {
  id?: unknown;
  url: string;
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Ids of requests to which the HTTP server assigned none. */
const answered = new WeakMap<object, string>();
/** Additional ids of requests whose client chose the one in the response. */
const own = new WeakMap<object, string>();

/**
 * Returns the id of a request in the response and the log: the one that the HTTP server assigned, otherwise the
 * client's `X-Request-Id` if it has 1 to 64 letters, digits and hyphens, otherwise a new one.
 */
export function requestIdOf(request: AnyRequest): string {
  if (typeof request.id === 'string') return request.id;
  let id = answered.get(request);
  if (!id) {
    id = chooseRequestId(request.headers);
    answered.set(request, id);
  }
  return id;
}

/**
 * Returns the server-generated id of a request, which no client can choose: {@link requestIdOf} unless the client sent
 * that, otherwise one created on first use.
 */
export function serverRequestIdOf(request: AnyRequest): string {
  return replacementOf(request) ?? requestIdOf(request);
}

/** Cause for work on a request; computes its ids lazily. */
export class RequestCause implements Cause {
  constructor(private readonly request: AnyRequest) {}

  get requestId(): string {
    return requestIdOf(this.request);
  }

  get serverRequestId(): string | undefined {
    return replacementOf(this.request);
  }
}

/**
 * Returns the server-generated id if the client sent the one in the response, in whichever header field a host's server
 * reads.
 */
function replacementOf(request: AnyRequest): string | undefined {
  const id = requestIdOf(request);
  if (!wasSent(id, request.headers)) return undefined;
  let replacement = own.get(request);
  if (!replacement) {
    replacement = makeId();
    own.set(request, replacement);
  }
  return replacement;
}

/** A plain loop, because it runs for every log line. */
function wasSent(id: string, headers: AnyRequest['headers']): boolean {
  for (const name in headers) {
    const sent = headers[name];
    if (sent === id || (Array.isArray(sent) && sent.includes(id))) return true;
  }
  return false;
}

/** Returns the client's request id if it is well-formed, otherwise a new one. */
export function chooseRequestId(headers: AnyRequest['headers']): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && sent.length <= 64 && /^[A-Za-z0-9-]+$/.test(sent) ? sent : makeId();
}

function makeId(): string {
  return uuid({ random: drawRandom() });
}

/** Random bytes for 256 ids: a system call takes several times as long as creating an id. */
const random = Buffer.alloc(256 * 16);
let drawn = random.length;

/** Returns 16 random bytes from the buffer, which is refilled when it is used up. */
function drawRandom(): Buffer {
  if (drawn === random.length) {
    randomFillSync(random);
    drawn = 0;
  }
  return random.subarray(drawn, (drawn += 16));
}

/** Returns the requested path without its query, which may contain secrets. */
export function pathOf(request: AnyRequest): string {
  const [target] = (request.originalUrl ?? request.url).split('?', 1);
  // The absolute form, which proxies use, contains the server, too (RFC 9112, 3.2.2).
  return target.replace(/^https?:\/\/[^/]*/i, '') || '/';
}
