import type { FieldError, Problem, ProblemCode } from './api.js';

/** The additional members that a problem document of a code has. */
interface Members {
  'invalid-input': Required<Pick<Problem, 'errors'>>;
  'factor-required': Required<Pick<Problem, 'sign_in_token' | 'expires_in' | 'factors'>>;
  'account-link-required': Required<Pick<Problem, 'sign_in_token' | 'expires_in' | 'factors'>>;
  'registration-required': Required<Pick<Problem, 'sign_in_token' | 'expires_in' | 'needs'>>;
  'factor-enrolment-required': Required<Pick<Problem, 'sign_in_token' | 'expires_in' | 'enrol'>>;
}

/** The problem document of a code: `Problem`, with the members that this code always has. */
export type ProblemOf<Code extends string> = Problem & (Code extends keyof Members ? Members[Code] : unknown);

/** A response that is no success, as an error (RFC 9457). Errors of the network are those of `fetch`. */
export class ProblemError<Code extends string = string> extends Error {
  override readonly name = 'ProblemError';

  constructor(
    /** Code of the problem: the last part of its `type`, such as `invalid-credentials`. */
    readonly code: Code,
    /** The problem document. Its `detail` is a sentence for people. */
    readonly problem: ProblemOf<Code>,
    /** Seconds after which the request can be sent again, if the service said so. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail);
  }

  /** The HTTP status. */
  get status(): number {
    return this.problem.status;
  }

  /**
   * Messages by field, as forms need them: `{ password: 'The password is too short.' }`. Of several for one field,
   * the first. Empty for other problems than invalid input.
   */
  get fields(): Record<string, string> {
    const named = (this.problem.errors ?? []).map(({ loc, msg }: FieldError) => [
      loc.slice(1).join('.'),
      msg,
    ]);
    return Object.fromEntries(named.reverse()) as Record<string, string>;
  }
}

/**
 * Returns whether an error is a problem of one of these codes, or any problem if there are none. Narrows its type: with
 * `factor-required`, `error.problem.sign_in_token` is a string.
 */
export function isProblem<Code extends ProblemCode | (string & {}) = string>(
  error: unknown,
  ...codes: Code[]
): error is ProblemError<Code> {
  if (!(error instanceof ProblemError)) return false;
  return codes.length === 0 || codes.some((code) => code === error.code);
}

/** Reads the problem of a response. One that is no problem document, such as a proxy's page, becomes `about:blank`. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null);
  const { type, detail } = (body ?? {}) as Partial<Problem>;
  const isProblemDocument = typeof type === 'string' && typeof detail === 'string';
  const { status, statusText, url } = response;
  const problem: Problem = {
    type: 'about:blank',
    title: statusText,
    status,
    detail: `The server responded with status ${status}.`,
    instance: url,
    request_id: response.headers.get('X-Request-Id') ?? '',
    ...(isProblemDocument && (body as Problem)),
  };
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  const code = problem.type.slice(problem.type.lastIndexOf('/') + 1);
  return new ProblemError(code, problem, seconds >= 0 ? seconds : undefined);
}
