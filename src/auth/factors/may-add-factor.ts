import type { AuthSettings } from '../../settings/auth-settings.js';
import { EmailNotVerifiedError } from '../../users/users.errors.js';

/**
 * Checks whether a user may add a factor. Otherwise a person who registered with somebody else's email address could keep a way
 * in to the account, or lock its owner out.
 *
 * @param isVerified - Whether the email address of the user is verified.
 * @throws {EmailNotVerifiedError} if it is not, unless the settings have that off.
 */
export function assertMayAddFactor(
  isVerified: boolean,
  { emailVerification }: Pick<AuthSettings, 'emailVerification'>,
): void {
  if (!isVerified && emailVerification !== 'off') throw new EmailNotVerifiedError();
}
