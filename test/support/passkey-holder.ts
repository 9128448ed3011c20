import { SoftAuthenticator, type SoftAuthenticatorOptions } from '../../src/testing/soft-authenticator.js';
import type { TestService, Tokens } from './test-service.js';

/** Origin of the pages of {@link TestService}. */
export const ORIGIN = 'http://localhost:8000';

let people = 0;

/** User of a test service with a verified email address and a soft authenticator. */
export interface PasskeyHolder extends Tokens {
  id: string;
  username: string;
  email: string;
  authenticator: SoftAuthenticator;
}

/** Registers a user whose email address is verified, and signs in. */
export async function newHolder(
  service: TestService,
  options: Partial<SoftAuthenticatorOptions> = {},
): Promise<PasskeyHolder> {
  const username = `holder${++people}`;
  const email = `${username}@example.com`;
  const person = await service.signUp({ username, email });
  await service.database.query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', [person.id]);
  // The service caches the account.
  const tokens = await service.signIn({ username, password: 'Analytical1' });
  const authenticator = new SoftAuthenticator({ origin: ORIGIN, ...options });
  return { ...tokens, id: person.id, username, email, authenticator };
}

/** Adds a passkey of a user. Returns its id. */
export async function addPasskey(
  service: TestService,
  { access_token, authenticator }: Pick<PasskeyHolder, 'access_token' | 'authenticator'>,
  name?: string,
): Promise<string> {
  const options = await service.post('/users/me/passkeys/options', undefined, access_token);
  const passkey = authenticator.create(options.body);
  const { status, body } = await service.post('/users/me/passkeys', { passkey, name }, access_token);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.id;
}

/** Signs in with a passkey. */
export async function passkeySignIn(
  service: TestService,
  authenticator: SoftAuthenticator,
  falsify?: Parameters<SoftAuthenticator['get']>[1],
) {
  const options = await service.post('/auth/passkeys/options');
  return service.post('/auth/passkeys/login', { passkey: authenticator.get(options.body, falsify) });
}
