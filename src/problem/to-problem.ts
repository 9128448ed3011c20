import { HttpException } from '@nestjs/common';
import { isError } from './error-text.js';
import { InvalidInputError, Problem, UnavailableError } from './problem.js';
import type { ProblemCode } from './problem-types.js';

/** What is said for errors that the framework, the router or the HTTP server raises, by status. */
const byStatus: Partial<Record<number, [ProblemCode, string]>> = {
  400: ['bad-request', 'The request could not be understood.'],
  404: ['not-found', 'There is nothing at this address.'],
  405: ['method-not-allowed', 'This address does not take this method.'],
  408: ['request-timeout', 'The request did not arrive in time.'],
  413: ['content-too-large', 'The request body is too large.'],
  414: ['uri-too-long', 'The address is too long.'],
  415: ['unsupported-media-type', 'This address does not take a body of this content type.'],
  429: ['too-many-requests', 'Too many requests. Please try again later.'],
  431: ['headers-too-large', 'The request header fields are too large.'],
  503: ['unavailable', 'The service is not available at the moment. Please try again shortly.'],
};

/** SQLSTATEs under which the database could not do the work now, but may later. */
const transientSqlState = new RegExp(
  `^(${[
    '08...', // connection exception
    '25006', // read-only: it became a replica in a failover
    '25P03', // idle in transaction for too long
    '40001', // serialization failure
    '40P01', // deadlock
    '53...', // out of connections, memory or disk
    '55P03', // waited too long for a lock
    '57014', // statement took too long
    '57P0.', // shutting down, starting up, crashed
  ].join('|')})$`,
);

/**
 * What is answered where the database refuses, by SQLSTATE (PostgreSQL manual, appendix A). Any other that no service
 * foresaw, such as a constraint by its name, is a mistake of ours: 500.
 */
const bySqlState: readonly [states: RegExp, problem: (cause: Error) => Problem][] = [
  [transientSqlState, (cause) => new UnavailableError(undefined, 1, cause)],
  // It has no such character: its encoding is another than UTF-8.
  [
    /^(22021|22P05)$/,
    () =>
      new InvalidInputError([
        { loc: ['body'], code: 'string_unicode', msg: 'This text holds a character that cannot be stored.' },
      ]),
  ],
];

/** The codes and messages by which pg and Node report a connection that could not be made or was lost. */
const connectionLost =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Cannot use a pool after calling end|Driver not Connected/i;

/** Finds the problem to answer with; `undefined` if the error is one that nobody foresaw. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!isError(error)) return undefined;

  const state = sqlStateOf(error);
  const refusal = bySqlState.find(([states]) => states.test(state));
  if (refusal) return refusal[1](error);
  if (isDatabaseAway(error)) return new UnavailableError(undefined, 1, error);

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
  // A guard, a pipe or an interceptor that a host binds to all routes, ours among them.
  return error instanceof HttpException && status < 500
    ? new Problem(status, 'refused', 'The application refused this request.', { cause: error })
    : undefined;
}

/** Tells whether an error means that the database could not be asked, rather than that the question was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!isError(error)) return false;
  const code = sqlStateOf(error);
  return (
    transientSqlState.test(code) ||
    connectionLost.test(code) ||
    connectionLost.test(driverErrorOf(error).message)
  );
}

/** Of the database, or else of Node (`ECONNREFUSED`); empty if there is none. */
function sqlStateOf(error: Error): string {
  const cause = driverErrorOf(error);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

/** TypeORM wraps what the driver says. */
function driverErrorOf(error: Error): Error {
  return 'driverError' in error && isError(error.driverError) ? error.driverError : error;
}

function statusOf(error: Error): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
