import { HttpException } from '@nestjs/common';
import { problemTypes, type ProblemCode } from './problem-types.js';

/** One rejected field or parameter. */
export interface FieldError {
  /** Path of the field, outermost first: `["body", "password"]`, `["query", "limit"]`. */
  loc: string[];
  /** Code of the error for programs, which never changes. */
  code: string;
  /** Explanation of the error and of valid values, for people. */
  msg: string;
}

/** Returns the error of a field that was omitted. */
export const missingField = (...loc: string[]): FieldError => ({
  loc,
  code: 'missing',
  msg: 'This field is required.',
});

/** Problem document (RFC 9457) as sent to clients. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  request_id: string;
  errors?: FieldError[];
  /** Members of single problem types (RFC 9457, 3.2), which may be secret. */
  [member: string]: unknown;
}

/**
 * Error that is sent to the client as it is. Any other error is logged and becomes a bare 500.
 *
 * It is an HttpException, so that a host's filter can respond with its status in the host's own format.
 */
export class Problem extends HttpException {
  /** Header fields of the response, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>> = {};
  readonly errors?: readonly FieldError[];

  /**
   * @param status - The HTTP status.
   * @param code - The last part of the document's `type`.
   * @param detail - One sentence for people. Must not contain secrets, or information that the client may not
   * have.
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
   * Returns the document to send as `application/problem+json`.
   *
   * @param instance - The requested path, without its query.
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
      ...this.members(),
    };
  }

  /**
   * Returns further members of the document (RFC 9457, 3.2). They may be secret, so they are kept from the fields of the
   * error, which a logger shows. Default none.
   */
  protected members(): Readonly<Record<string, unknown>> {
    return {};
  }
}

/** The input is invalid; the error lists the fields. */
export class InvalidInputError extends Problem {
  constructor(errors: readonly FieldError[]) {
    super(422, 'invalid-input', sentenceAbout(errors), { errors });
  }
}

/** Summarizes field errors in one sentence, for clients that show nothing else. */
function sentenceAbout(errors: readonly FieldError[]): string {
  const fields = [...new Set(errors.map(({ loc }) => loc.slice(1).join('.') || `request ${loc[0]}`))];
  if (errors.length === 1) {
    const [{ msg }] = errors;
    return `Invalid ${fields[0]}: ${msg[0].toLowerCase()}${msg.slice(1)}`;
  }
  const names = new Intl.ListFormat('en', { type: 'conjunction' }).format(fields);
  return `Invalid ${names}: see \`errors\` for details.`;
}

/** The resource does not exist, or the client may not see it. */
export class NotFoundError extends Problem {
  constructor(detail = 'Nothing was found at this URL.') {
    super(404, 'not-found', detail);
  }
}

/** The service is temporarily unavailable; nothing was changed. */
export class UnavailableError extends Problem {
  /** @param retryAfter - Seconds after which the client should retry. */
  constructor(
    detail = 'The service is temporarily unavailable. Please try again shortly.',
    retryAfter = 1,
    cause?: unknown,
  ) {
    super(503, 'unavailable', detail, { headers: { 'Retry-After': String(retryAfter) }, cause });
  }
}

/** The service is overloaded; nothing was changed. */
export class OverloadedError extends Problem {
  /** @param retryAfter - Seconds after which the client should retry. */
  constructor(retryAfter = 1) {
    super(503, 'overloaded', 'The service is busy. Please try again shortly.', {
      headers: { 'Retry-After': String(retryAfter) },
    });
  }
}

/** The body is larger than any route accepts. */
export class ContentTooLargeError extends Problem {
  constructor() {
    super(413, 'content-too-large', 'The request body is too large.');
  }
}

/** The body has a content type that the route does not accept. */
export class UnsupportedMediaTypeError extends Problem {
  constructor() {
    super(415, 'unsupported-media-type', 'This content type is not supported here.');
  }
}
