/** Reason to reject a new password. */
export interface PasswordReason {
  /** Code for programs, which never changes, such as `password_leaked`. */
  readonly code: string;
  /** Explanation in one sentence. */
  readonly msg: string;
}

/**
 * A host's rule for new passwords, in addition to the policy. It may call other services, for example to
 * check for leaked passwords, while the request waits. An error that it throws fails the request, as in any
 * handler.
 *
 * @param password - As typed; do not store, log or forward it.
 * @param owner - The future owner, as far as known.
 * @returns the reasons to reject the password; empty if there are none.
 */
export type PasswordRule = (
  password: string,
  owner: { readonly username?: string; readonly email?: string },
) => readonly PasswordReason[] | Promise<readonly PasswordReason[]>;
