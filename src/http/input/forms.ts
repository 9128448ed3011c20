import type { Problem, ProblemDocument } from '../problem/problem.js';
import type { AnyRequest } from '../request/request-id.js';

/** The media type of a body, without its parameters. */
export function mediaType({ headers }: AnyRequest): string {
  return String(headers['content-type'] ?? '')
    .split(';', 1)[0]
    .trim()
    .toLowerCase();
}

/** Whether the body is a form, as OAuth2 clients send it. */
export function isForm(request: AnyRequest): boolean {
  return mediaType(request) === 'application/x-www-form-urlencoded';
}

/**
 * The routes that take forms. They are known by their paths, as what is refused before there is a route, such as a flood
 * or a body that cannot be read, is answered like the rest.
 */
const FORM_ROUTE = /\/auth\/(login|refresh|revoke)\/?$/;

/** The answer to a form that was refused: the problem document, and what OAuth2 libraries look for in it. */
export interface FormRefusal extends ProblemDocument {
  error: string;
  /** ASCII without quotes and backslashes (RFC 6749, 5.2). */
  error_description: string;
}

/**
 * Makes of a problem document what a form is answered with, if the request was one that OAuth2 clients send.
 *
 * The status is that of the problem: 401 where RFC 6749 has 400, since clients of before know a wrong password by it. OAuth2
 * libraries take any of 400 to 499.
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

/** What OAuth2 calls a problem (RFC 6749, 5.2). */
function errorOf(problem: Problem): string {
  const { code, errors } = problem;
  const status = problem.getStatus();
  if (errors?.some(({ loc, code: wrong }) => loc.at(-1) === 'grant_type' && wrong === 'enum'))
    return 'unsupported_grant_type';
  if (code === 'cross-site-request') return 'invalid_request';
  if (status === 401 || status === 403) return 'invalid_grant';
  // Not of that list, but of the one for authorization requests (RFC 6749, 4.1.2.1).
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status < 500 ? 'invalid_request' : 'server_error';
}
