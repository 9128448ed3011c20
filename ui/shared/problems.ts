import { isProblem } from '../../src/client/index.js';
import type { SharedTexts } from './texts/en.js';

/** Names of the errors with which a browser says that a passkey was declined (WebAuthn Level 3, 5.1.4). */
const DECLINED = ['NotAllowedError', 'InvalidStateError'];

/** Returns a sentence that says why a request failed; `null` if its user has changed their mind. */
export function sentenceOf(error: unknown, t: SharedTexts): string | null {
  if (isProblem(error, 'reauthentication-required')) return null;
  if (isProblem(error, 'insufficient-role')) return t.noRight;
  if (isProblem(error, 'not-found')) return t.notFound;
  if (isProblem(error, 'too-many-requests')) return t.tooMany(error.retryAfter ?? 60);
  if (isProblem(error)) return error.status >= 500 ? t.failed : error.problem.detail;
  if (error instanceof DOMException && DECLINED.includes(error.name)) return t.noPasskey;
  return t.away;
}
