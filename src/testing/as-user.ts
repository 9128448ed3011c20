import { randomBytes, randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { SignInService } from '../auth/sign-in/sign-in.service.js';
import type { RoleName } from '../settings/roles-option.js';
import { type NewUser, UsersService } from '../users/users.service.js';

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
}

/**
 * Creates an account and signs it in. It is a real account, so hooks and listeners are called. It has no
 * password, which saves the time to hash one.
 *
 * @param app - Started application that imports Astra.
 * @param role - Default `user`.
 * @param person - Fields that matter to the test. Default a unique name and a verified email address.
 */
export async function asUser(
  app: INestApplicationContext,
  role: RoleName = 'user',
  person: Partial<Pick<NewUser, 'username' | 'email' | 'fullName' | 'emailVerified'>> = {},
): Promise<SignedInUser> {
  const username = person.username ?? `${role}-${randomBytes(6).toString('hex')}`;
  const email = person.email ?? `${username}@example.com`;
  const user = await app
    .get(UsersService)
    .create({ emailVerified: true, ...person, username, email, role, passwordHash: null });
  const client = { ip: null, userAgent: 'nestjs-astra/testing', requestId: randomUUID() };
  const proof = { method: 'pwd', hold: () => Promise.resolve(true) } as const;
  const tokens = await app.get(SignInService).prove(user, proof, client);
  if (!tokens) throw new Error('The sign-in was refused although the proof holds');
  const { accessToken, refreshToken } = tokens;
  const headers = { authorization: `Bearer ${accessToken}` };
  return { id: user.id, username, email, role, accessToken, refreshToken, headers };
}
