import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { SignInAttempts } from '../../rate-limit/sign-in-attempts.service.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { InactiveUserError, InvalidCredentialsError } from './sessions.errors.js';
import { SessionsService, type TokenPair } from './sessions.service.js';

/** Finds out whether somebody is who they say, and begins a session for them. */
@Injectable()
export class SignInService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttempts,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Signs in with a username, or an address, and a password.
   *
   * @throws {TooManyRequestsError} if the account has to wait, also if there is none of this name.
   * @throws {InvalidCredentialsError} after the same time whether the name or the password is wrong.
   * @throws {InactiveUserError} only after the right password.
   */
  async signIn(login: string, password: string, client: Client): Promise<TokenPair> {
    const user = await this.users.findByLogin(login);
    const passwordHash = user?.passwordHash ?? null;
    const { matches, needsRehash } = await this.attempts.check({ userId: user?.id, login }, () =>
      this.passwords.verify(password, passwordHash),
    );
    if (!user || !passwordHash || !matches) throw new InvalidCredentialsError();
    if (!user.isActive) throw new InactiveUserError();

    const upgraded = needsRehash ? await this.passwords.hash(password) : undefined;
    return this.db.transaction(async (tx) => {
      // The password was checked a moment ago: the session is good only if it is still this one.
      const stillValid = await this.users.lockForSignIn(user.id, passwordHash, tx);
      if (!stillValid) throw new InvalidCredentialsError();
      if (upgraded) await this.users.upgradePasswordHash(user.id, upgraded, tx);
      return this.sessions.start(user, client, tx);
    });
  }
}
