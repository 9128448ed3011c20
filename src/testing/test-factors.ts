import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Authenticator } from '../access/authenticator.js';
import type { SessionHolder } from '../access/principal.js';
import type { Client } from '../access/client.decorator.js';
import { EnrolmentService } from '../auth/factors/enrolment.service.js';
import { assertMayAddFactor } from '../auth/factors/may-add-factor.js';
import { PasskeyEnrolmentService } from '../auth/factors/passkeys/changes/passkey-enrolment.service.js';
import {
  type Assertion,
  readAssertion,
  readRegistration,
  type Registration,
} from '../auth/factors/passkeys/webauthn/responses.js';
import { RefreshService } from '../auth/refresh/refresh.service.js';
import { FactorEnrolmentRequiredError } from '../auth/sign-in/continuation/continuation.errors.js';
import { ContinuationService } from '../auth/sign-in/continuation/continuation.service.js';
import { PasskeySignInService } from '../auth/sign-in/passkey/passkey-sign-in.service.js';
import type { TokenPair } from '../auth/tokens/token-pairs.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { User } from '../users/user.entity.js';
import { SoftAuthenticator } from './soft-authenticator.js';
import { totpCode } from './totp-code.js';

/** Second factor that a test user can have. */
export type TestFactor = 'totp' | 'passkey';

/** Session of a test user, with what the user has to sign in with. */
export interface TestSignIn {
  tokens: TokenPair;
  /** Secret of the user's authenticator app, in Base32. */
  totpSecret?: string;
  /** Authenticator with the user's passkey. */
  authenticator?: SoftAuthenticator;
  /** Ten unused recovery codes, if the user has a factor. */
  recoveryCodes?: readonly string[];
}

/**
 * Adds an authenticator app during a sign-in whose role requires a second factor.
 *
 * @param refusal - Error of the sign-in.
 * @throws the refusal, if it is another one.
 */
export async function enrolWhileSigningIn(
  app: INestApplicationContext,
  refusal: unknown,
  client: Client,
): Promise<TestSignIn> {
  if (!(refusal instanceof FactorEnrolmentRequiredError)) throw refusal;
  const continuation = app.get(ContinuationService);
  const token = refusal.signInToken();
  const { secret: totpSecret } = await continuation.enrolTotp(token);
  const proof = { totpCode: totpCode({ totpSecret }) };
  const { tokens, recoveryCodes } = await continuation.continue(token, proof, client);
  return { tokens, totpSecret, recoveryCodes };
}

/**
 * Adds a passkey to an account, and signs in with it: by itself it is two factors.
 *
 * @throws {EmailNotVerifiedError} if the email address is not verified, unless the settings have that off.
 * @throws {Error} if the application has passkeys disabled.
 */
export async function signInWithPasskey(
  app: INestApplicationContext,
  user: User,
  client: Client,
): Promise<TestSignIn> {
  const settings = app.get(AuthSettings);
  const origin = settings.passkeys?.origins.find((one) => one.startsWith('http'));
  if (!origin)
    throw new Error(
      'Passkeys are disabled in this application: by features.passkeys, or as publicUrl is neither a domain with https nor localhost',
    );
  assertMayAddFactor(user.emailVerifiedAt !== null, settings);
  const authenticator = new SoftAuthenticator({ origin });
  const enrolment = app.get(PasskeyEnrolmentService);
  const use = { purpose: 'register', holder: user.id } as const;
  const created = readRegistration(authenticator.create(await enrolment.options(user.id, use)));
  const verified = await enrolment.verify(created as Registration, use);
  const { recoveryCodes } = await app
    .get(DataSource)
    .transaction((tx) => enrolment.add(verified, undefined, { user, actorId: user.id, client }, tx));
  const signIns = app.get(PasskeySignInService);
  const assertion = readAssertion(authenticator.get(await signIns.options()));
  return { tokens: await signIns.signIn(assertion as Assertion, client), authenticator, recoveryCodes };
}

/**
 * Adds an authenticator app to the session of a user, as its user would. The session then has two factors, and its new
 * tokens say so.
 *
 * @param signIn - Session, with the factors that the user has already.
 * @throws {Error} if the application has second factors disabled.
 */
export async function addApp(
  app: INestApplicationContext,
  signIn: TestSignIn,
  client: Client,
): Promise<TestSignIn> {
  if (!app.get(AuthSettings).features.secondFactor)
    throw new Error('Second factors are disabled in this application: see the option features.secondFactor');
  const { accessToken, refreshToken } = signIn.tokens;
  const enrolment = app.get(EnrolmentService);
  const { userId, sessionId } = (await app.get(Authenticator).authenticate(accessToken)) as SessionHolder;
  const { id, secret: totpSecret } = await enrolment.begin(userId);
  const code = totpCode({ totpSecret });
  const { recoveryCodes } = await enrolment.confirm({ userId, sessionId }, id, code, client);
  const tokens = await app.get(RefreshService).refresh(refreshToken, client);
  // Only the first factor comes with recovery codes.
  return { recoveryCodes, ...signIn, tokens, totpSecret };
}
