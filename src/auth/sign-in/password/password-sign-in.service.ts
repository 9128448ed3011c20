import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { SignInAttemptsService } from '../../../rate-limit/sign-in/sign-in-attempts.service.js';
import { PasswordHashes } from '../../../users/password-hashes.js';
import type { User } from '../../../users/user.entity.js';
import { PasswordsService } from '../../passwords/passwords.service.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { ContinuationService } from '../continuation/continuation.service.js';
import type { Proof } from '../proof.js';
import { InvalidCredentialsError } from '../../passwords/passwords.errors.js';
import { SignInTrail } from '../sign-in-trail.js';

/** Consequence of a correct password, besides the session. */
export interface PasswordConsequence {
  readonly sessionId: string;
  /** Called in the transaction of the sign-in, with the account locked. If it throws, there is no sign-in. */
  hold(user: User, tx: EntityManager): Promise<void>;
}

/** Sign-in with a password. */
@Injectable()
export class PasswordSignInService {
  constructor(
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttemptsService,
    private readonly continuation: ContinuationService,
    private readonly trail: SignInTrail,
  ) {}

  /**
   * Signs in with a username or an email address and a password. A new device is reported to the user by email.
   *
   * Failures take the same time for an unknown name and a wrong password, and errors about the account are thrown only
   * after the correct password, so that no response reveals whether an account exists.
   *
   * @param login - Username or email address.
   * @param along.totpCode - Code of an app, looked at only after the correct password. Default none.
   * @param along.consequence - Session that the sign-in starts, and work that depends on the password. Default a new session,
   *   and nothing.
   * @throws {InvalidCredentialsError} if the name or the password is wrong.
   * @throws {TooManyRequestsError} if the account has to wait, even if it does not exist; or, after the correct
   *   password, if there were too many sign-ins to it.
   * @throws {FactorRequiredError | FactorEnrolmentRequiredError} if the account also needs a second factor.
   * @throws {InvalidProofError} if the code is wrong.
   * @throws {InactiveUserError | EmailNotVerifiedError} and errors of a host's hook, only after the correct password.
   * @throws {HashQueueFullError} if too many sign-ins are running.
   */
  async signIn(
    login: string,
    password: string,
    client: Client,
    along: { totpCode?: string; consequence?: PasswordConsequence } = {},
  ): Promise<TokenPair> {
    const { user, passwordHash } = await this.passwordHashes.findByLogin(login);
    const { matches, needsRehash } = await this.attempts.check(
      { userId: user?.id, login, client },
      () => this.passwords.verify(password, passwordHash),
      (attempt) => this.passwords.admit(attempt),
    );
    if (!user || !passwordHash || !matches) {
      await this.trail.recordFailure(user, user ? 'wrong_password' : 'unknown_user', client);
      throw new InvalidCredentialsError();
    }

    let upgraded: string | undefined;
    const proof: Proof = {
      method: 'pwd',
      sessionId: along.consequence?.sessionId,
      prepare: async () => {
        if (needsRehash) upgraded = await this.passwords.hash(password);
      },
      hold: async (tx: EntityManager) => {
        // The password was verified a moment ago; a session may start only if it is unchanged.
        if (!(await this.passwordHashes.lockUnlessChanged({ user, passwordHash }, tx))) return false;
        if (upgraded) await this.passwordHashes.upgrade(user.id, upgraded, tx);
        await along.consequence?.hold(user, tx);
        return true;
      },
    };
    const tokens = await this.continuation.prove(user, proof, along.totpCode, client);
    // The account changed meanwhile, possibly only because a concurrent sign-in upgraded its hash. Try again with the
    // current one.
    return tokens ?? this.signIn(login, password, client, along);
  }
}
