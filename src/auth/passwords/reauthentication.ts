import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { TokenHolder } from '../../access/principal.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { type CheckedAccount, PasswordHashes } from '../../users/password-hashes.js';
import { UsersService } from '../../users/users.service.js';
import { InvalidCredentialsError } from './passwords.errors.js';
import { PasswordsService } from './passwords.service.js';

/**
 * Confirms the password of a signed-in user before sensitive changes, so that a stolen access token alone cannot make
 * them.
 */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttemptsService,
  ) {}

  /**
   * Verifies the password of a signed-in user. Failures are counted per session, apart from failed sign-ins.
   *
   * @returns the account; {@link hold} it in the transaction that makes the change.
   * @throws {InvalidCredentialsError} if the password is wrong, or the account has none.
   * @throws {TooManyRequestsError} after too many wrong passwords.
   */
  async confirm(
    { userId, sessionId }: Pick<TokenHolder, 'userId' | 'sessionId'>,
    password: string,
    client: Client,
  ): Promise<CheckedAccount> {
    const user = await this.users.get(userId);
    const passwordHash = await this.passwordHashes.find(userId);
    const { matches } = await this.attempts.checkAgain({ userId, sessionId, client }, () =>
      this.passwords.verify(password, passwordHash),
    );
    if (!matches || passwordHash === null) throw new InvalidCredentialsError();
    return { user, passwordHash };
  }

  /**
   * Locks the account until the transaction ends, if its password is still the confirmed one.
   *
   * @throws {InvalidCredentialsError} if the password was changed after it was confirmed.
   */
  async hold(checked: CheckedAccount, tx: EntityManager): Promise<void> {
    if (!(await this.passwordHashes.lockUnlessChanged(checked, tx))) throw new InvalidCredentialsError();
  }
}
