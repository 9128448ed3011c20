import { randomBytes, randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import type { Client } from '../access/client.decorator.js';
import { SignInService } from '../auth/sign-in/sign-in.service.js';
import type { RoleName } from '../settings/roles-option.js';
import type { User } from '../users/user.entity.js';
import { type NewUser, UsersService } from '../users/users.service.js';
import type { SoftAuthenticator } from './soft-authenticator.js';
import {
  addApp,
  enrolWhileSigningIn,
  signInWithPasskey,
  type TestFactor,
  type TestSignIn,
} from './test-factors.js';

/** A signed-in user. */
export interface SignedInUser {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: RoleName;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Header fields for requests as this user: `fetch(url, { headers })`. */
  readonly headers: { readonly authorization: string };
  /** Secret of the authenticator app, in Base32, for `totpCode(user)`. Only for a user with this factor. */
  readonly totpSecret?: string;
  /** Authenticator with the passkey, to sign in again or to confirm the identity. Only for a user with this factor. */
  readonly authenticator?: SoftAuthenticator;
  /** Unused recovery codes. Only for a user with a second factor. */
  readonly recoveryCodes?: readonly string[];
}

/** Fields of a test user that matter to the test. */
export interface TestUserOptions extends Partial<
  Pick<NewUser, 'username' | 'email' | 'fullName' | 'emailVerified'>
> {
  /**
   * Second factors of the user, with which the session has started: `totp` is an authenticator app, `passkey` one that
   * verifies the user. Default none, or an authenticator app if the role requires a second factor.
   */
  factors?: readonly TestFactor[];
}

/**
 * Creates an account and signs it in. It is a real account, so hooks and listeners are called. It has no
 * password, which saves the time to hash one.
 *
 * @param app - Started application that imports Astra.
 * @param role - Default `user`.
 * @param options - Default a unique name, a verified email address, and no second factor that the role does not require.
 * @throws {EmailNotVerifiedError} if the role requires a second factor, and `emailVerified` is `false`.
 */
export async function asUser(
  app: INestApplicationContext,
  role: RoleName = 'user',
  { factors = [], ...person }: TestUserOptions = {},
): Promise<SignedInUser> {
  const username = person.username ?? `${role}-${randomBytes(6).toString('hex')}`;
  const email = person.email ?? `${username}@example.com`;
  const user = await app
    .get(UsersService)
    .create({ emailVerified: true, ...person, username, email, role, passwordHash: null });
  const { tokens, ...factor } = await signIn(app, user, factors);
  const { accessToken, refreshToken } = tokens;
  const headers = { authorization: `Bearer ${accessToken}` };
  return { id: user.id, username, email, role, accessToken, refreshToken, headers, ...factor };
}

/** Signs in with the requested or required factors. */
async function signIn(
  app: INestApplicationContext,
  user: User,
  factors: readonly TestFactor[],
): Promise<TestSignIn> {
  const client: Client = { ip: null, userAgent: 'nestjs-astra/testing', requestId: randomUUID() };
  const signedIn = factors.includes('passkey')
    ? await signInWithPasskey(app, user, client)
    : await signInWithPassword(app, user, client);
  return factors.includes('totp') && !signedIn.totpSecret ? addApp(app, signedIn, client) : signedIn;
}

/** Starts a session as if the user had sent a password, and adds an app if the role requires a factor. */
async function signInWithPassword(
  app: INestApplicationContext,
  user: User,
  client: Client,
): Promise<TestSignIn> {
  const proof = { method: 'pwd', hold: () => Promise.resolve(true) } as const;
  try {
    const tokens = await app.get(SignInService).prove(user, proof, client);
    if (tokens) return { tokens };
  } catch (refusal) {
    return enrolWhileSigningIn(app, refusal, client);
  }
  throw new Error('The sign-in was refused although the proof holds');
}
