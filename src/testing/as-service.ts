import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiKeyChangesService } from '../auth/api-keys/api-key-changes.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { RoleName } from '../settings/roles-option.js';
import { ServiceAccountsService } from '../users/service-accounts/service-accounts.service.js';

/** A service account with an API key. */
export interface TestServiceAccount {
  readonly id: string;
  readonly username: string;
  readonly role: RoleName;
  /** Token of its API key. */
  readonly apiKey: string;
  /** Header fields for requests with the key: `fetch(url, { headers })`. */
  readonly headers: { readonly authorization: string };
}

/** Fields of a test service account that matter to the test. */
export interface TestServiceOptions {
  username?: string;
  /** Scopes of the key. Default all that the role can use. */
  scopes?: readonly string[];
}

/**
 * Creates a service account and an API key of it. Both are real, so hooks and listeners are called.
 *
 * @param app - Started application that imports Astra with the feature `apiKeys`.
 * @param role - Default `user`.
 * @param options - Default a unique name, and all scopes that the role can use.
 * @throws {InvalidInputError} if a scope is unknown, or the role cannot use it.
 */
export function asService(
  app: INestApplicationContext,
  role: RoleName = 'user',
  { username = `service-${randomBytes(6).toString('hex')}`, scopes }: TestServiceOptions = {},
): Promise<TestServiceAccount> {
  const usable = [...app.get(AuthSettings).apiKeys.scopes]
    .filter(([, roles]) => roles === 'all' || roles.includes(role))
    .map(([scope]) => scope);
  return app.get(DataSource).transaction(async (tx) => {
    const user = await app.get(ServiceAccountsService).create({ username, role }, tx);
    const wishes = { name: 'Test', scopes: scopes ?? usable };
    const change = { actorId: null, client: null };
    const { token } = await app.get(ApiKeyChangesService).create(user, wishes, change, tx);
    return { id: user.id, username, role, apiKey: token, headers: { authorization: `Bearer ${token}` } };
  });
}
