import { randomBytes, randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { SignInService } from '../auth/sign-in/sign-in.service.js';
import type { RoleName } from '../settings/roles-option.js';
import { type NewUser, UsersService } from '../users/users.service.js';

/** Somebody who is signed in. */
export interface SignedInUser {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: RoleName;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** For a request in their name: `fetch(url, { headers })`. */
  readonly headers: { readonly authorization: string };
}

/**
 * Makes an account and signs it in: a real one, so that hooks run and events come. It has no password, which saves the
 * time to hash one.
 *
 * @param app - Has started, and imports Astra.
 * @param role - Default `user`.
 * @param person - What a test wants to know of it. Default a name of its own, and an address that was verified.
 */
export async function asUser(
  app: INestApplicationContext,
  role: RoleName = 'user',
  person: Partial<Pick<NewUser, 'username' | 'email' | 'fullName' | 'emailVerified'>> = {},
): Promise<SignedInUser> {
  const find = { strict: false } as const;
  const username = person.username ?? `${role}-${randomBytes(6).toString('hex')}`;
  const email = person.email ?? `${username}@example.com`;
  const user = await app
    .get(UsersService, find)
    .create({ emailVerified: true, ...person, username, email, role, passwordHash: null });
  const client = { ip: null, userAgent: 'nestjs-astra/testing', requestId: randomUUID() };
  const proof = { method: 'pwd', hold: () => Promise.resolve(true) } as const;
  const tokens = await app.get(SignInService, find).prove(user, proof, client);
  if (!tokens) throw new Error('A proof that always holds was refused');
  const { accessToken, refreshToken } = tokens;
  const headers = { authorization: `Bearer ${accessToken}` };
  return { id: user.id, username, email, role, accessToken, refreshToken, headers };
}
