import type { INestApplicationContext } from '@nestjs/common';
import { Authenticator } from '../access/authenticator.js';
import type { Client } from '../access/client.decorator.js';
import { EnrolmentService } from '../auth/factors/enrolment.service.js';
import { RefreshService } from '../auth/refresh/refresh.service.js';
import { FactorEnrolmentRequiredError } from '../auth/sign-in/continuation/continuation.errors.js';
import { ContinuationService } from '../auth/sign-in/continuation/continuation.service.js';
import type { TokenPair } from '../auth/tokens/token-pairs.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { totpCode } from './totp-code.js';

/** Second factor that a test user can have. */
export type TestFactor = 'totp';

/** Session of a test user with a second factor. */
export interface SignInWithFactor {
  tokens: TokenPair;
  /** Secret of the user's authenticator app, in Base32. */
  totpSecret: string;
  /** Ten unused recovery codes. */
  recoveryCodes: readonly string[];
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
): Promise<SignInWithFactor> {
  if (!(refusal instanceof FactorEnrolmentRequiredError)) throw refusal;
  const continuation = app.get(ContinuationService);
  const token = refusal.signInToken();
  const { secret: totpSecret } = await continuation.enrol(token);
  const proof = { totpCode: totpCode({ totpSecret }) };
  const { tokens, recoveryCodes = [] } = await continuation.continue(token, proof, client);
  return { tokens, totpSecret, recoveryCodes };
}

/**
 * Adds an authenticator app to the session of a user, as its user would. The session then has two factors, and its new
 * tokens say so.
 *
 * @throws {Error} if the application has second factors disabled.
 */
export async function addFactor(
  app: INestApplicationContext,
  { accessToken, refreshToken }: TokenPair,
  client: Client,
): Promise<SignInWithFactor> {
  if (!app.get(AuthSettings).features.secondFactor)
    throw new Error('Second factors are disabled in this application: see the option features.secondFactor');
  const enrolment = app.get(EnrolmentService);
  const { userId, sessionId } = await app.get(Authenticator).authenticate(accessToken);
  const { id, secret: totpSecret } = await enrolment.begin(userId);
  const code = totpCode({ totpSecret });
  const { recoveryCodes } = await enrolment.confirm({ userId, sessionId }, id, code, client);
  return { tokens: await app.get(RefreshService).refresh(refreshToken, client), totpSecret, recoveryCodes };
}
