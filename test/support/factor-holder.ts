import { UsersService } from '../../src/users/users.service.js';
import { previousCode } from './authenticator.js';
import { ada, type TestService, type Tokens } from './test-service.js';

/** Somebody with an authenticator app. */
export interface FactorHolder extends Tokens {
  userId: string;
  username: string;
  email: string;
  password: string;
  secret: string;
  recoveryCodes: string[];
}

/** Adds an authenticator app to the session of an access token, with the code of the step before this one. */
export async function addApp(
  service: TestService,
  access_token: string,
): Promise<Pick<FactorHolder, 'secret' | 'recoveryCodes'>> {
  const { body: setup } = await service.post('/users/me/factors/totp', {}, access_token);
  const confirmation = { id: setup.id, totp_code: await previousCode(setup.secret) };
  const { status, body } = await service.post('/users/me/factors/totp/confirm', confirmation, access_token);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { secret: setup.secret, recoveryCodes: body.recovery_codes };
}

/** Registers somebody whose email address is verified, and signs in. */
export async function newAccount(service: TestService, username: string) {
  const person = { username, email: `${username}@example.com`, password: ada.password };
  const { id: userId } = await service.signUp(person);
  await service.app.get(UsersService, { strict: false }).update(userId, { emailVerifiedAt: new Date() });
  return { userId, ...person, ...(await service.signIn(person)) };
}

/** Registers somebody who then adds an authenticator app. */
export async function newFactorHolder(service: TestService, username: string): Promise<FactorHolder> {
  const person = await newAccount(service, username);
  return { ...person, ...(await addApp(service, person.access_token)) };
}
