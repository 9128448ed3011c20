import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { TokenHolder } from '../../access/principal.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { type CheckedAccount, PasswordHashes } from '../../users/password-hashes.js';
import { UsersService } from '../../users/users.service.js';
import { InvalidCredentialsError } from './passwords.errors.js';
import { PasswordsService } from './passwords.service.js';

/** Asks signed-in users for their password again, before what nobody may do who only found their access token. */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttemptsService,
  ) {}

  /**
   * Checks the password of a signed-in user. Wrong ones are counted for the session, apart from failed sign-ins.
   *
   * @returns the account; {@link hold} it for what the password permits.
   * @throws {InvalidCredentialsError} if it is wrong, or the account has none.
   * @throws {TooManyRequestsError} if there were too many wrong ones.
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
   * Holds an account until the transaction ends, for what its password permits.
   *
   * @throws {InvalidCredentialsError} if the password was changed since it was checked: it is none any more.
   */
  async hold(checked: CheckedAccount, tx: EntityManager): Promise<void> {
    if (!(await this.passwordHashes.lockUnlessChanged(checked, tx))) throw new InvalidCredentialsError();
  }
}
