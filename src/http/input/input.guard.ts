import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { inputArguments } from '../nest/nest-internals.js';
import { isForm, mediaType } from './forms.js';
import { FORM_DTO, MAX_NAME_LENGTH, MAX_VALUES, tooMany } from './input.pipe.js';
import { ContentTooLargeError, InvalidInputError, UnsupportedMediaTypeError } from '../problem/problem.js';
import type { AnyRequest } from '../request/request-id.js';

/** Maximum size of a body in bytes, on every route; over twice what any DTO needs. */
export const MAX_BODY_BYTES = 16 * 1024;

const ACCEPTS_FORM = 'astra:accepts-form';

/** Selects the DTO of a form by its fields. */
export type FormDto = (fields: Readonly<Record<string, unknown>>) => new () => object;

/**
 * Makes a route also accept `application/x-www-form-urlencoded`.
 *
 * @param dtoOf - Selects the DTO of a form, which may have other fields than the JSON body.
 */
export const AcceptsForm = (dtoOf: FormDto) => SetMetadata(ACCEPTS_FORM, dtoOf);

/**
 * Checks what a pipe does not see: the content type of the body, and query parameters on a route without any. Also
 * disables caching, because responses are about one user or contain tokens (RFC 6749, 5.1).
 *
 * Runs after the other guards, which know more about rejected requests. An interceptor would also work, but Nest would
 * then wrap every response in observables, which takes about 10 µs of CPU time.
 *
 * @throws {ContentTooLargeError} for a body larger than {@link MAX_BODY_BYTES}.
 * @throws {UnsupportedMediaTypeError} for a body that is neither JSON nor, where accepted, a form.
 * @throws {InvalidInputError} for a query parameter on a route without any, or one that cannot be decoded.
 */
@Injectable()
export class InputGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Sets `Cache-Control` before anything can fail, so that rejected requests are not cached either. */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<AnyRequest & { query?: object; body?: unknown }>();
    this.adapterHost.httpAdapter.setHeader(http.getResponse(), 'Cache-Control', 'no-store');

    if (hasBody(request)) {
      // The body parser of a host may accept larger ones for other routes.
      if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new ContentTooLargeError();
      const dtoOf = this.reflector.get<FormDto | undefined>(ACCEPTS_FORM, context.getHandler());
      if (dtoOf && isForm(request)) takeAsForm(request.body, dtoOf);
      else if (mediaType(request) !== 'application/json') throw new UnsupportedMediaTypeError();
    }

    const unknown = Object.keys(request.query ?? {});
    if (unknown.length > MAX_VALUES) throw new InvalidInputError([tooMany(['query'])]);
    if (unknown.length > 0 && !takesQuery(context)) {
      throw new InvalidInputError(
        unknown.map((name) => ({
          loc: ['query', name.slice(0, MAX_NAME_LENGTH)],
          code: 'extra_forbidden',
          msg: 'This parameter is not allowed.',
        })),
      );
    }
    if (!isDecodable(request.url)) {
      throw new InvalidInputError([
        {
          loc: ['query'],
          code: 'string_unicode',
          msg: 'A parameter contains an invalid percent-encoding.',
        },
      ]);
    }
    return true;
  }
}

/** Rejects undecodable parameters. HTTP servers accept them literally, which would give one text two spellings. */
function isDecodable(url: string): boolean {
  const start = url.indexOf('?');
  if (start === -1 || !url.includes('%', start)) return true;
  try {
    decodeURIComponent(url.slice(start));
    return true;
  } catch {
    return false;
  }
}

/** Returns whether a request has a body, according to its header fields. */
function hasBody({ headers }: AnyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Attaches the DTO of a form to the body, for the pipe, which only sees the body. */
function takeAsForm(body: unknown, dtoOf: FormDto): void {
  if (typeof body !== 'object' || body === null) return;
  Object.defineProperty(body, FORM_DTO, { value: dtoOf(body as Record<string, unknown>) });
}

/** Returns whether a route reads query parameters. */
function takesQuery(context: ExecutionContext): boolean {
  return inputArguments(context.getClass(), context.getHandler().name).some(({ kind }) => kind === 'query');
}
