import { isProblem, type ProblemError } from '../../src/client/index.js';
import type { App } from './app.js';

/** Names of the errors with which a browser says that a passkey was declined (WebAuthn Level 3, 5.1.4). */
const DECLINED = ['NotAllowedError', 'InvalidStateError'];

/**
 * Returns a sentence that says why a request failed; `null` if its user has changed their mind.
 *
 * @param renamed - Codes of messages that are more exact than those of the problems.
 */
export function sentenceOf(
  error: unknown,
  { t, door }: Pick<App, 't' | 'door'>,
  renamed: Readonly<Record<string, string>> = {},
): string | null {
  if (isProblem(error, 'reauthentication-required')) return null;
  if (isProblem(error, 'insufficient-role')) return t.noRight;
  if (isProblem(error, 'not-found')) return t.notFound;
  if (isProblem(error, 'too-many-requests')) return t.tooMany(error.retryAfter ?? 60);
  if (isProblem(error)) {
    // A proxy that does not reach the service, or a service that does not reach its database.
    if (error.status >= 502) return t.away;
    if (error.status >= 500) return t.failed;
    return door.messages.problems[renamed[error.code] ?? error.code] ?? error.problem.detail;
  }
  if (error instanceof DOMException && DECLINED.includes(error.name)) return t.noPasskey;
  return t.away;
}

/** Returns the messages about fields by the names of the fields; of several for one field, the first. */
export function fieldMessages(error: ProblemError, { door }: Pick<App, 'door'>): Map<string, string> {
  const { fields } = door.messages;
  const named = (error.problem.errors ?? []).map(({ loc, code, msg }): [string, string] => [
    loc[1] ?? '',
    fields[`${loc[1]}.${code}`] ?? fields[code] ?? msg,
  ]);
  return new Map(named.reverse());
}
