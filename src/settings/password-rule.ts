/** Why a new password is refused. */
export interface PasswordReason {
  /** For programs; it never changes: `password_leaked`. */
  readonly code: string;
  /** One sentence for people. */
  readonly msg: string;
}

/**
 * A rule of a host for new passwords, beside those of the policy. It may ask elsewhere, such as whether a password was
 * in a leak; while it does, somebody waits. What it throws refuses the request, as it would from any handler.
 *
 * @param password - As typed: not to be stored, logged or sent anywhere.
 * @param owner - Whose it is to be, as far as that is known.
 * @returns all that speaks against the password, or nothing.
 */
export type PasswordRule = (
  password: string,
  owner: { readonly username?: string; readonly email?: string },
) => readonly PasswordReason[] | Promise<readonly PasswordReason[]>;
