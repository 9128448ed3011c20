import type {
  ContinuedToken,
  ContinueSignIn,
  Credentials,
  PasskeyCreationOptions,
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
      /** Types that can be added: `totp`, `passkey`. */
      enrol: string[];
      /** Returns the secret and QR code of an authenticator app. Continue with its first `totp_code`. */
      addTotp: () => Promise<TotpSetup>;
      /** Returns the options for `createPasskey`. Continue with `new_passkey`. */
      addPasskey: () => Promise<PasskeyCreationOptions>;
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
    if (isProblem(error, 'factor-required')) {
      const { factors, passkey_options, sign_in_token } = error.problem;
      return {
        status: 'factor-required',
        factors,
        ...(passkey_options && { passkeyOptions: passkey_options }),
        continue: continuation(client, sign_in_token),
      };
    }
    if (isProblem(error, 'factor-enrolment-required')) {
      const { enrol, sign_in_token } = error.problem;
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
    throw error;
  }
}

function continuation(client: AstraClient, sign_in_token: string): Continue {
  return (proof) =>
    stepOf(client, () => client.call('POST /auth/login/continue', { body: { sign_in_token, ...proof } }));
}
