import { HttpException } from '@nestjs/common';
import { databaseErrorCode, isDatabaseAway } from './database-errors.js';
import { isError } from './error-text.js';
import { InvalidInputError, Problem, UnavailableError } from './problem.js';
import type { ProblemCode } from './problem-types.js';

/** Problems for errors of the framework, the router and the HTTP server, by status. */
const byStatus: Partial<Record<number, [ProblemCode, string]>> = {
  400: ['bad-request', 'The server could not understand the request.'],
  404: ['not-found', 'Nothing was found at this URL.'],
  405: ['method-not-allowed', 'This method is not allowed here.'],
  408: ['request-timeout', 'The request did not arrive in time.'],
  413: ['content-too-large', 'The request body is too large.'],
  414: ['uri-too-long', 'The URL is too long.'],
  415: ['unsupported-media-type', 'This content type is not supported here.'],
  429: ['too-many-requests', 'Too many requests. Please try again later.'],
  431: ['headers-too-large', 'The request header fields are too large.'],
  503: ['unavailable', 'The service is temporarily unavailable. Please try again shortly.'],
};

/**
 * Problems for errors of the database, by SQLSTATE (PostgreSQL manual, appendix A). Any other unexpected SQLSTATE, such
 * as an unhandled constraint, is a bug: 500.
 */
const bySqlState: readonly [states: RegExp, problem: () => Problem][] = [
  // The encoding of the database is not UTF-8, and lacks the character.
  [
    /^(22021|22P05)$/,
    () =>
      new InvalidInputError([
        {
          loc: ['body'],
          code: 'string_unicode',
          msg: 'This text contains a character that cannot be stored.',
        },
      ]),
  ],
];

/** Returns the problem for an error; `undefined` if the error is unexpected. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!isError(error)) return undefined;

  if (isDatabaseAway(error)) return new UnavailableError(undefined, 1, error);
  const state = databaseErrorCode(error);
  const refusal = bySqlState.find(([states]) => states.test(state));
  if (refusal) return refusal[1]();

  const code = 'code' in error ? error.code : undefined;
  const isJsonError = code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY';
  const isBodyParserJsonError = 'type' in error && error.type === 'entity.parse.failed';
  if (isJsonError || isBodyParserJsonError || (error instanceof SyntaxError && statusOf(error) === 400)) {
    return new Problem(400, 'malformed-json', 'The request body is not valid JSON.', { cause: error });
  }

  const status = statusOf(error);
  if (!status) return undefined;
  const known = byStatus[status];
  if (known) return new Problem(status, ...known, { cause: error });
  // A guard, pipe or interceptor that a host binds to all routes, including Astra's.
  return error instanceof HttpException && status < 500
    ? new Problem(status, 'refused', 'The application refused this request.', { cause: error })
    : undefined;
}

/** Returns the HTTP status of an error of Nest or Fastify. */
function statusOf(error: Error): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
