import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { SessionsService } from '../../src/auth/sessions/sessions.service.js';
import { TokenPairs } from '../../src/auth/tokens/token-pairs.js';
import { Role } from '../../src/settings/role.js';
import type { RoleName } from '../../src/settings/roles-option.js';
import { UsersService } from '../../src/users/users.service.js';
import type { TestService } from './test-service.js';

/** Signed-in user without a password, and so without the time that hashing takes. */
export interface Person {
  id: string;
  username: string;
  email: string;
  /** Access token. */
  token: string;
}

/** Makes an account whose email address is verified, and signs it in. */
export async function newPerson({ app }: TestService, role: RoleName = Role.User): Promise<Person> {
  const username = `u${randomUUID()}`;
  const email = `${username}@example.com`;
  const user = await app
    .get(UsersService, { strict: false })
    .create({ username, email, passwordHash: null, role, emailVerified: true });
  const client = { ip: null, userAgent: null, requestId: username };
  const { accessToken: token } = await app.get(DataSource).transaction(async (tx) => {
    const sessions = app.get(SessionsService, { strict: false });
    const session = await sessions.start(user, { client, methods: ['pwd'] }, tx);
    return app.get(TokenPairs, { strict: false }).issue(session);
  });
  return { id: user.id, username, email, token };
}

/** Creates an API key of somebody over HTTP. */
export async function newKey(
  service: TestService,
  { token: by }: Pick<Person, 'token'>,
  scopes: readonly string[] = ['profile:read'],
  days?: number,
): Promise<{ id: string; token: string }> {
  const body = { name: 'Export', scopes, expires_in_days: days };
  const answer = await service.post('/users/me/api-keys', body, by);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body as { id: string; token: string };
}
