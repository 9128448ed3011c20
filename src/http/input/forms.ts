import type { Problem, ProblemDocument } from '../problem/problem.js';
import type { AnyRequest } from '../request/request-id.js';

/** Returns the media type of a body, without parameters. */
export function mediaType({ headers }: AnyRequest): string {
  return String(headers['content-type'] ?? '')
    .split(';', 1)[0]
    .trim()
    .toLowerCase();
}

/** Returns whether the body is a form, as OAuth2 clients send it. */
export function isForm(request: AnyRequest): boolean {
  return mediaType(request) === 'application/x-www-form-urlencoded';
}

/**
 * Routes that accept forms. They are recognized by path, because errors before routing, such as an overload or an
 * unreadable body, need the same format.
 */
const FORM_ROUTE = /\/auth\/(login|refresh|revoke)\/?$/;

/** Response to a rejected form: a problem document with the fields that OAuth2 libraries expect. */
export interface FormRefusal extends ProblemDocument {
  error: string;
  /** In ASCII without quotes and backslashes (RFC 6749, 5.2). */
  error_description: string;
}

/**
 * Converts a problem document to the response to a form, if the request was one from an OAuth2 client.
 *
 * Keeps the status of the problem: 401 where RFC 6749 requires 400, because clients of the FastAPI original recognize a
 * wrong password by it. OAuth2 libraries accept any of 400 to 499.
 */
export function asFormRefusal(
  document: ProblemDocument,
  problem: Problem,
  request: AnyRequest,
): FormRefusal | undefined {
  const [path] = request.url.split('?', 1);
  if (!isForm(request) || !FORM_ROUTE.test(path)) return undefined;
  const description = problem.detail.replace(/["\\]/g, `'`).replace(/[^\x20-\x7e]/g, '?');
  return { ...document, error: errorOf(problem), error_description: description };
}

/** Returns the OAuth2 code of a problem (RFC 6749, 5.2). */
function errorOf(problem: Problem): string {
  const { code, errors } = problem;
  const status = problem.getStatus();
  if (errors?.some(({ loc, code: wrong }) => loc.at(-1) === 'grant_type' && wrong === 'enum'))
    return 'unsupported_grant_type';
  if (code === 'cross-site-request') return 'invalid_request';
  if (status === 401 || status === 403) return 'invalid_grant';
  // Defined for authorization requests (RFC 6749, 4.1.2.1), not in that list.
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status < 500 ? 'invalid_request' : 'server_error';
}
