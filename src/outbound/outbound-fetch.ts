import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import {
  addressIn,
  isLoopbackAddress,
  isPublicAddress,
  isWithin,
  networkList,
  type Networks,
} from './inner-networks.js';
import { found, type LookUp, lookUpBySystem, type ResolvedAddress } from './look-up.js';
import { inRequestSpan } from './outbound-span.js';
import { OutboundError } from './outbound.errors.js';

/** Limits of requests to foreign servers. */
export interface OutboundOptions {
  /** Networks inside which a server may be although they are not public. Default none. */
  allowed?: Networks;
  /** Whether servers on this machine are allowed, also without TLS. Never in production. Default `false`. */
  allowLoopback?: boolean;
  /** Whether servers at any allowed address may be asked without TLS. Never in production. Default `false`. */
  allowHttp?: boolean;
  /** Time for everything, from the look-up to the last byte, in milliseconds. Default 5000. */
  timeoutMs?: number;
  /** Maximum size of a response, in bytes. Default 65 536. */
  maxBytes?: number;
  /**
   * Whether the body of a response does not matter. It is then read up to `maxBytes` and thrown away, and a body that is
   * longer, slow or cut off is no failure: the status has arrived. Default `false`.
   */
  statusOnly?: boolean;
  /**
   * Whether the server learns which trace a request is part of (`traceparent`), to continue it. Default `false`: the ids
   * are nobody else's business.
   */
  continuesTrace?: boolean;
  /** Replaced by tests only. Default that of the system. */
  lookUp?: LookUp;
}

/** Request to a foreign server: the part of `fetch` that is needed. */
export interface OutboundRequest {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | URLSearchParams;
  /** Ends the request early. */
  signal?: AbortSignal;
}

/** Sends a request to a foreign server. See {@link outboundFetch}. */
export type OutboundFetch = (url: string | URL, request?: OutboundRequest) => Promise<Response>;

/** Maximum of interim responses (1xx). A server can send them without end, and each takes time to parse. */
const MAX_INTERIM = 10;
/** Statuses whose response has no body (Fetch standard, 2.2.3). */
const NULL_BODY = [204, 205, 304];

/**
 * Creates the function for all requests to foreign servers, whose URLs may come from outside. It connects only to public
 * addresses, so that nobody reaches the network that the service is in (OWASP, Server-Side Request Forgery Prevention):
 *
 * - Every address of the host is checked, and only a checked one is connected to. The name is not looked up twice, so
 *   its addresses cannot change in between (DNS rebinding).
 * - Only https, except outside production.
 * - Redirects are refused, because they would lead elsewhere.
 * - Time and size are limited. Nothing is decompressed.
 *
 * Each request has a connection of its own: a kept one could outlive a change of the limits.
 */
export function outboundFetch(options: OutboundOptions = {}): OutboundFetch {
  const {
    allowed = networkList([]),
    allowLoopback = false,
    allowHttp = false,
    timeoutMs = 5_000,
    maxBytes = 64 * 1024,
    statusOnly = false,
    continuesTrace = false,
    lookUp = lookUpBySystem,
  } = options;
  const limits = { allowed, allowLoopback, allowHttp, maxBytes, statusOnly, lookUp };
  return async (target, request = {}) => {
    const url = new URL(target);
    const signals = [AbortSignal.timeout(timeoutMs), ...(request.signal ? [request.signal] : [])];
    const signal = AbortSignal.any(signals);
    return inRequestSpan(url, request, continuesTrace, (headers) =>
      send(url, { ...request, headers, signal }, limits),
    );
  };
}

/** Limits of one request. */
type Limits = Required<Omit<OutboundOptions, 'timeoutMs' | 'continuesTrace'>>;

/** @throws {OutboundError} for every failure. */
async function send(
  url: URL,
  request: OutboundRequest & { signal: AbortSignal },
  limits: Limits,
): Promise<Response> {
  const isTls = url.protocol === 'https:';
  const mayBePlain = limits.allowLoopback || limits.allowHttp;
  if (!isTls && !(url.protocol === 'http:' && mayBePlain)) throw new OutboundError('insecure');
  // Credentials in a URL end up in logs.
  if (url.username || url.password) throw new OutboundError('insecure');
  const addresses = await addressesOf(url, request.signal, limits);
  try {
    return await exchange(url, request, addresses, limits);
  } catch (error) {
    throw toOutboundError(error, request.signal);
  }
}

/**
 * Looks up a host, and checks all of its addresses: one that is off limits means that the name is used to reach it.
 *
 * @throws {OutboundError} if it has none, or one of them is off limits.
 */
async function addressesOf(
  url: URL,
  signal: AbortSignal,
  { lookUp, allowed, allowLoopback, allowHttp }: Limits,
): Promise<ResolvedAddress[]> {
  const literal = addressIn(url);
  const addresses =
    literal === null
      ? await until(signal, lookUp(url.hostname))
      : [{ address: literal, family: isIP(literal) }];
  if (addresses.length === 0) throw new OutboundError('unreachable', 'ENOTFOUND');
  for (const { address } of addresses) {
    const isHere = isLoopbackAddress(address);
    if (url.protocol === 'http:' && !isHere && !allowHttp) throw new OutboundError('insecure');
    const mayBe = isPublicAddress(address) || isWithin(allowed, address) || (isHere && allowLoopback);
    if (!mayBe) throw new OutboundError('not_public');
  }
  return addresses;
}

/** Waits for a promise that cannot be cancelled, until the signal. */
async function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(toOutboundError(signal.reason, signal));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } catch (error) {
    throw toOutboundError(error, signal);
  } finally {
    signal.removeEventListener('abort', abort);
    // It may be rejected after the race.
    aborted.promise.catch(() => undefined);
    promise.catch(() => undefined);
  }
}

/** Sends the request to one of the checked addresses, and reads the response. */
function exchange(
  url: URL,
  { method = 'GET', headers, body, signal }: OutboundRequest & { signal: AbortSignal },
  addresses: readonly ResolvedAddress[],
  limits: Limits,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request: ClientRequest = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method,
    headers: { ...headers, 'accept-encoding': 'identity' },
    signal,
    // A connection of its own, to an address that was checked.
    agent: false,
    lookup: found(addresses),
    // Also where NODE_TLS_REJECT_UNAUTHORIZED is 0.
    rejectUnauthorized: true,
  });
  let isAnswered = false;
  const fail = (error: Error) => {
    // A connection that ends in the body is no failure if only the status matters.
    if (!(isAnswered && limits.statusOnly)) reject(error);
  };
  request.on('error', fail);
  // Node itself would never end some requests, such as one that waits for what follows a status of 100.
  signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true });
  let interim = 0;
  request.on('information', () => {
    if (++interim > MAX_INTERIM) request.destroy(new OutboundError('unreachable', 'TOO_MANY_1XX'));
  });
  request.on('upgrade', (_, socket) => {
    socket.destroy();
    reject(new OutboundError('unreachable', 'UPGRADE'));
  });
  request.on('response', (response) => {
    isAnswered = true;
    read(response, limits).then(resolve, (error: unknown) => {
      reject(error);
      request.destroy();
    });
  });
  const text = body instanceof URLSearchParams ? body.toString() : body;
  request.end(text);
  return promise;
}

/** @throws {OutboundError} if the server redirects, or the response is too large. */
async function read(response: IncomingMessage, { maxBytes, statusOnly }: Limits): Promise<Response> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) throw new OutboundError('redirected', undefined, status);
  const body = await readBody(response, maxBytes).catch((error: unknown) => {
    if (!statusOnly) throw error;
    return null;
  });
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return new Response(statusOnly || NULL_BODY.includes(status) ? null : body, { status, headers });
}

/**
 * Reads a body, and closes the connection where it is too large.
 *
 * @throws {OutboundError} if it is larger than the limit.
 */
async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new OutboundError('too_large', undefined, response.statusCode);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Keeps the reason and the code of an error; its message may name addresses. */
function toOutboundError(error: unknown, signal: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error;
  if (signal.aborted) return new OutboundError('timeout');
  const { code } = error as NodeJS.ErrnoException;
  return new OutboundError('unreachable', typeof code === 'string' ? code : undefined);
}
