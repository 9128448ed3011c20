import type { Register, User } from './api.js';
import type { AstraClient } from './client.js';
import { isProblem } from './problem.js';
import { enrolment, signIn, type SignInStep } from './sign-in.js';

/** State of a sign-up: that of the sign-in after it, or a message that has to be read first. */
export type SignUpStep =
  | SignInStep
  | {
      /** The sign-up goes on with the link in a message: `verifyEmail` takes its token. */
      status: 'message-sent';
      /** Sends the message again. */
      resend: () => Promise<void>;
    };

/** State after the link in a message was opened. */
export type VerificationStep =
  | SignInStep
  | {
      /** The email address is verified, and the user can sign in. */
      status: 'verified';
      user: User;
    };

/**
 * Creates an account and signs in, if the service admits this before the email address is verified.
 *
 * @throws `ProblemError`, such as `username-taken`, or `invalid-input` with `error.fields`.
 */
export async function signUp(client: AstraClient, account: Register): Promise<SignUpStep> {
  const { username, email, password } = account;
  const messageSent = {
    status: 'message-sent' as const,
    resend: async () => {
      await client.call('POST /auth/verify-email/request', { body: { email } });
    },
  };
  const created: Partial<User> = await client.call('POST /auth/register', { body: account });
  // A service that does not reveal accounts creates them when the link is opened.
  if (!password || !created.id) return messageSent;
  try {
    return await signIn(client, { username, password });
  } catch (error) {
    if (isProblem(error, 'email-not-verified')) return messageSent;
    throw error;
  }
}

/**
 * Verifies an email address with the token of a link. An account without a password then needs its first way in: the step is
 * `factor-enrolment-required`, and goes on with `new_passkey` or `new_password`.
 *
 * @throws `ProblemError` `invalid-token` if the link was used or has expired.
 */
export async function verifyEmail(client: AstraClient, token: string): Promise<VerificationStep> {
  const { sign_in_token, enrol, ...user } = await client.call('POST /auth/verify-email', { body: { token } });
  return sign_in_token && enrol ? enrolment(client, sign_in_token, enrol) : { status: 'verified', user };
}
