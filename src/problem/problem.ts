import { HttpException } from '@nestjs/common';
import { problemTypes, type ProblemCode } from './problem-types.js';

/** One field or parameter that was refused. */
export interface FieldError {
  /** Where it is, outermost first: `["body", "password"]`, `["query", "limit"]`. */
  loc: string[];
  /** What is wrong, for programs; never changes. */
  code: string;
  /** What is wrong and what would be right, for people. */
  msg: string;
}

/** A problem document (RFC 9457) as it goes over the wire. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  request_id: string;
  errors?: FieldError[];
}

/**
 * An error that is told to the client as it is. Anything else is logged and answered as a bare 500.
 *
 * It is an HttpException, so that a host's filter answers it by its status, in the host's own words.
 */
export class Problem extends HttpException {
  /** Header fields of the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>> = {};
  readonly errors?: readonly FieldError[];

  /**
   * @param status - The HTTP status.
   * @param code - The last part of the document's `type`.
   * @param detail - One sentence for people. It never holds a secret, nor what the caller may not know.
   */
  constructor(
    status: number,
    readonly code: ProblemCode,
    readonly detail: string,
    extra: { headers?: Record<string, string>; errors?: readonly FieldError[]; cause?: unknown } = {},
  ) {
    super(detail, status, { errorCode: code, cause: extra.cause });
    if (extra.headers) this.headers = extra.headers;
    if (extra.errors) this.errors = extra.errors;
  }

  /**
   * What the client gets as `application/problem+json`.
   *
   * @param instance - The path that was asked for, without its query.
   * @param requestId - The id under which the request is logged.
   */
  toDocument(instance: string, requestId: string): ProblemDocument {
    return {
      type: `/problems/${this.code}`,
      title: problemTypes[this.code].title,
      status: this.getStatus(),
      detail: this.detail,
      instance,
      request_id: requestId,
      ...(this.errors && { errors: [...this.errors] }),
    };
  }
}

/** Input that was refused, field by field. */
export class InvalidInputError extends Problem {
  constructor(errors: readonly FieldError[]) {
    super(422, 'invalid-input', sentenceAbout(errors), { errors });
  }
}

/** One sentence for people, also for clients that show nothing else: what is wrong with a field, or with which ones. */
function sentenceAbout(errors: readonly FieldError[]): string {
  const fields = [...new Set(errors.map(({ loc }) => loc.slice(1).join('.') || `request ${loc[0]}`))];
  if (errors.length === 1) {
    const [{ msg }] = errors;
    return `Invalid ${fields[0]}: ${msg[0].toLowerCase()}${msg.slice(1)}`;
  }
  const names = new Intl.ListFormat('en', { type: 'conjunction' }).format(fields);
  return `Invalid ${names}: see \`errors\` for details.`;
}

/** Nothing is there, or it is not the caller's to see. */
export class NotFoundError extends Problem {
  constructor(detail = 'Nothing was found at this URL.') {
    super(404, 'not-found', detail);
  }
}

/** The service cannot work at the moment; nothing was changed. */
export class UnavailableError extends Problem {
  /** @param retryAfter - Seconds after which a new try makes sense. */
  constructor(
    detail = 'The service is temporarily unavailable. Please try again shortly.',
    retryAfter = 1,
    cause?: unknown,
  ) {
    super(503, 'unavailable', detail, { headers: { 'Retry-After': String(retryAfter) }, cause });
  }
}

/** More work has arrived than can be done at once; nothing was changed. */
export class OverloadedError extends Problem {
  /** @param retryAfter - Seconds after which a new try makes sense. */
  constructor(retryAfter = 1) {
    super(503, 'overloaded', 'The service is busy. Please try again shortly.', {
      headers: { 'Retry-After': String(retryAfter) },
    });
  }
}

/** The body is larger than any that a route takes. */
export class ContentTooLargeError extends Problem {
  constructor() {
    super(413, 'content-too-large', 'The request body is too large.');
  }
}

/** The body is of a content type that the address does not take. */
export class UnsupportedMediaTypeError extends Problem {
  constructor() {
    super(415, 'unsupported-media-type', 'This content type is not supported here.');
  }
}
