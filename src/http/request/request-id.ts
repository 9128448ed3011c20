import { randomFillSync } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { Cause } from './request-context.js';

/** What Astra reads of a request; Fastify's and Express's both have it. */
export interface AnyRequest {
  id?: unknown;
  url: string;
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Ids of requests that have none of the HTTP server's. */
const answered = new WeakMap<object, string>();
/** Further ids of requests whose client chose the one that is answered. */
const own = new WeakMap<object, string>();

/**
 * The id that a request is answered with, and logged under: the one that the HTTP server gave it, else the client's own
 * `X-Request-Id` if it is of 1 to 64 letters, digits and hyphens, else a new one.
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
 * The server's own id of a request, which no client can choose: {@link requestIdOf} unless the client sent that,
 * otherwise one that is made when it is first asked for.
 */
export function serverRequestIdOf(request: AnyRequest): string {
  return replacementOf(request) ?? requestIdOf(request);
}

/** On whose behalf a request is answered. */
export class RequestCause implements Cause {
  constructor(private readonly request: AnyRequest) {}

  get requestId(): string {
    return requestIdOf(this.request);
  }

  get serverRequestId(): string | undefined {
    return replacementOf(this.request);
  }
}

/** The server's own id, if the one that is answered was sent: in whichever header field a host's server looks for it. */
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

/** Asked for every line of the log, hence a plain loop. */
function wasSent(id: string, headers: AnyRequest['headers']): boolean {
  for (const name in headers) {
    const sent = headers[name];
    if (sent === id || (Array.isArray(sent) && sent.includes(id))) return true;
  }
  return false;
}

/** Takes over the client's request id if it is a plain one, else makes one. */
export function chooseRequestId(headers: AnyRequest['headers']): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && sent.length <= 64 && /^[A-Za-z0-9-]+$/.test(sent) ? sent : makeId();
}

function makeId(): string {
  return uuid({ random: drawRandom() });
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
