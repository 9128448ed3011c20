import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { SignInAttemptsService } from '../../../rate-limit/sign-in/sign-in-attempts.service.js';
import { PasswordHashes } from '../../../users/password-hashes.js';
import { UsersService } from '../../../users/users.service.js';
import { PasswordsService } from '../../passwords/passwords.service.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import type { Proof } from '../proof.js';
import { InvalidCredentialsError } from '../../passwords/passwords.errors.js';
import { SignInService } from '../sign-in.service.js';

/** The way in by a password. */
@Injectable()
export class PasswordSignInService {
  constructor(
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttemptsService,
    private readonly signIns: SignInService,
  ) {}

  /**
   * Signs in with a username, or an email address, and a password. If the device is a new one, the user is told by email.
   *
   * @throws {TooManyRequestsError} if the account has to wait, also if there is none of this name; or, only after the right
   *   password, if too many have signed in to it.
   * @throws {InvalidCredentialsError} after the same time whether the name or the password is wrong.
   * @throws {InactiveUserError | EmailNotVerifiedError} only after the right password; and so whatever a hook throws.
   * @throws {HashQueueFullError} if too many sign in at this moment.
   */
  async signIn(login: string, password: string, client: Client): Promise<TokenPair> {
    const user = await this.users.findByLogin(login);
    const passwordHash = await this.passwordHashes.find(user?.id);
    const { matches, needsRehash } = await this.attempts.check(
      { userId: user?.id, login, client },
      () => this.passwords.verify(password, passwordHash),
      (attempt) => this.passwords.admit(attempt),
    );
    if (!user || !passwordHash || !matches) {
      await this.signIns.recordFailure(user, user ? 'wrong_password' : 'unknown_user', client);
      throw new InvalidCredentialsError();
    }

    let upgraded: string | undefined;
    const proof: Proof = {
      method: 'pwd',
      prepare: async () => {
        if (needsRehash) upgraded = await this.passwords.hash(password);
      },
      hold: async (tx: EntityManager) => {
        // The password was checked a moment ago: the session is good only if it is still this one.
        if (!(await this.passwordHashes.lockUnlessChanged({ user, passwordHash }, tx))) return false;
        if (upgraded) await this.passwordHashes.upgrade(user.id, upgraded, tx);
        return true;
      },
    };
    const tokens = await this.signIns.prove(user, proof, client);
    // The account was changed meanwhile; perhaps another sign-in only upgraded its hash. Look at it again.
    return tokens ?? this.signIn(login, password, client);
  }
}
