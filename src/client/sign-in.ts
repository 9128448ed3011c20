import type {
  ContinuedToken,
  ContinueSignIn,
  Credentials,
  PasskeyCreationOptions,
  RequestEmailCode,
  Token,
  TotpSetup,
} from './api.js';
import type { AstraClient } from './client.js';
import { isProblem } from './problem.js';

/** Proof of the identity in a sign-in that continues: exactly one of its members. */
export type Proof = Omit<ContinueSignIn, 'sign_in_token'>;

/** Continues a sign-in. A wrong proof is a `ProblemError` `invalid-proof`, after which it can be tried again. */
type Continue = (proof: Proof) => Promise<SignInStep>;

/** State of a sign-in. */
export type SignInStep =
  | {
      status: 'signed-in';
      /** Show them to the user once, if a first factor was added. */
      recoveryCodes?: string[];
    }
  | {
      /** The account has a second factor. */
      status: 'factor-required';
      /** Names of the factors that the user has: `totp`, `passkey`, `recovery_code`. */
      factors: string[];
      /** For `usePasskey`, if one of the factors is a passkey. */
      passkeyOptions?: Record<string, unknown>;
      continue: Continue;
    }
  | {
      /** The account needs a second factor and has none yet. */
      status: 'factor-enrolment-required';
      /** Types that can be added: `totp`, `passkey`, and `password` after a sign-up without one. */
      enrol: string[];
      /** Returns the secret and QR code of an authenticator app. Continue with its first `totp_code`. */
      addTotp: () => Promise<TotpSetup>;
      /** Returns the options for `createPasskey`. Continue with `new_passkey`. */
      addPasskey: () => Promise<PasskeyCreationOptions>;
      continue: Continue;
    }
  | {
      /** There is an account with the email address of the provider's identity. The user has to verify it once. */
      status: 'account-link-required';
      /** Proofs of which one is needed: `password`, `passkey`, `email_code`. */
      factors: string[];
      /** For `usePasskey`, if one of the factors is a passkey. */
      passkeyOptions?: Record<string, unknown>;
      /** Sends a code to the address of the account. Continue with `email_code`. */
      sendCode: () => Promise<void>;
      continue: Continue;
    }
  | {
      /** A new account needs more than the provider has sent. */
      status: 'registration-required';
      /** Values that are missing: `username`, with which the sign-in continues, or `email`, to which a code is sent first. */
      needs: string[];
      /** Sends a code to an email address. Continue with `email_code`. */
      sendCode: (email: string) => Promise<void>;
      continue: Continue;
    }
  | {
      /** The service sends a code if there is an account with this email address. */
      status: 'code-sent';
      continue: Continue;
    };

/**
 * Signs in with a password:
 *
 * ```ts
 * let step = await signIn(client, { username, password });
 * if (step.status === 'factor-required') step = await step.continue({ totp_code: await askUser() });
 * ```
 *
 * @throws `ProblemError`, such as `invalid-credentials`.
 */
export function signIn(client: AstraClient, credentials: Credentials): Promise<SignInStep> {
  return stepOf(client, () => client.call('POST /auth/login', { body: credentials }));
}

/** Sends a code to an email address. The sign-in goes on with `email_code`. */
export async function signInWithEmailCode(client: AstraClient, email: string): Promise<SignInStep> {
  const { sign_in_token } = await client.call('POST /auth/email-code', { body: { email } });
  return { status: 'code-sent', continue: continuation(client, sign_in_token) };
}

/** Returns the state of a sign-in after a request. A problem that asks for a factor is a state, not an error. */
export async function stepOf(
  client: AstraClient,
  request: () => Promise<Token | ContinuedToken>,
): Promise<SignInStep> {
  try {
    const { recovery_codes: recoveryCodes }: Partial<ContinuedToken> = await request();
    return { status: 'signed-in', ...(recoveryCodes && { recoveryCodes }) };
  } catch (error) {
    if (isProblem(error, 'factor-required', 'account-link-required')) {
      const { factors, passkey_options, sign_in_token } = error.problem;
      const step = {
        factors,
        ...(passkey_options && { passkeyOptions: passkey_options }),
        continue: continuation(client, sign_in_token),
      };
      return error.code === 'factor-required'
        ? { status: error.code, ...step }
        : { status: error.code, ...step, sendCode: () => sendCode(client, { sign_in_token }) };
    }
    if (isProblem(error, 'registration-required')) {
      const { needs, sign_in_token } = error.problem;
      return {
        status: 'registration-required',
        needs,
        sendCode: (email) => sendCode(client, { sign_in_token, email }),
        continue: continuation(client, sign_in_token),
      };
    }
    if (isProblem(error, 'factor-enrolment-required'))
      return enrolment(client, error.problem.sign_in_token, error.problem.enrol);
    throw error;
  }
}

/** Step in which something has to be added to the account. */
export function enrolment(client: AstraClient, sign_in_token: string, enrol: string[]): SignInStep {
  const add = (type: 'totp' | 'passkey') =>
    client.call('POST /auth/login/enrol', { body: { sign_in_token, type } });
  return {
    status: 'factor-enrolment-required',
    enrol,
    addTotp: () => add('totp') as Promise<TotpSetup>,
    addPasskey: () => add('passkey') as Promise<PasskeyCreationOptions>,
    continue: continuation(client, sign_in_token),
  };
}

async function sendCode(client: AstraClient, body: RequestEmailCode): Promise<void> {
  await client.call('POST /auth/email-code', { body });
}

function continuation(client: AstraClient, sign_in_token: string): Continue {
  return (proof) =>
    stepOf(client, () => client.call('POST /auth/login/continue', { body: { sign_in_token, ...proof } }));
}
