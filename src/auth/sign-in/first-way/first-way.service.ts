import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { type FieldError, InvalidInputError } from '../../../http/problem/problem.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import type { User } from '../../../users/user.entity.js';
import { emailOf } from '../../../users/service-accounts/email-of.js';
import { UsersService } from '../../../users/users.service.js';
import { factorTypes } from '../../../users/fields/factor-types.js';
import { PasswordReplacementService } from '../../passwords/password-replacement.service.js';
import { PasswordsService } from '../../passwords/passwords.service.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { canSignIn } from '../../ways-in/sign-in-ways.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { PendingSignIns, SIGN_IN_TTL } from '../continuation/pending-sign-ins.js';
import { SignInService } from '../sign-in.service.js';

/** Sign-in with which an account gets its first way to sign in. */
export interface FirstWay {
  /** Sign-in token. */
  token: string;
  /** Seconds until it expires. */
  expiresIn: number;
  /** Ways of which one can be added. */
  enrol: ('passkey' | 'password')[];
}

const unknownField = {
  loc: ['body', 'new_password'],
  code: 'extra_forbidden',
  msg: 'This field is not allowed.',
};
const passwordIsNoType = {
  loc: ['body', 'type'],
  code: 'enum',
  msg: `The type must be one of: ${factorTypes.join(', ')}.`,
};

/**
 * Adds the first way to sign in to accounts that have none, once their email address is verified: before, a stranger could add
 * one to an account with somebody else's email address. A passkey is added by `ContinuationService`, as a factor.
 */
@Injectable()
export class FirstWayService {
  constructor(
    private readonly users: UsersService,
    private readonly pending: PendingSignIns,
    private readonly passwords: PasswordsService,
    private readonly replacement: PasswordReplacementService,
    private readonly signIns: SignInService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Starts a sign-in for an account whose email address was just verified.
   *
   * @param tx - Transaction that has verified it.
   * @returns `null` if the account already has a way to sign in, or accounts always have a password.
   */
  async open({ id: userId }: Pick<User, 'id'>, tx: EntityManager): Promise<FirstWay | null> {
    const { features, passkeys } = this.settings;
    if (!features.passwordless || (await canSignIn(userId, this.settings, tx))) return null;
    const token = await this.pending.open({ userId, methods: ['email'], purpose: 'enrol' }, tx);
    return { token, expiresIn: SIGN_IN_TTL, enrol: passkeys ? ['passkey', 'password'] : ['password'] };
  }

  /**
   * Checks that a password can be added.
   *
   * @param token - Sign-in token.
   * @returns the seconds until it expires.
   * @throws {InvalidInputError} unless the application has accounts without a password.
   * @throws {InvalidSignInError} if the token is unknown, expired or used, or its account has a way to sign in.
   */
  async secondsLeft(token: string): Promise<number> {
    this.assertOffered(passwordIsNoType);
    return (await this.find(token)).secondsLeft;
  }

  /**
   * Sets the first password of an account, and starts a session.
   *
   * @param token - Sign-in token.
   * @throws {InvalidInputError} if the password is not allowed; the token stays valid. Also unless the application
   *   has accounts without a password.
   * @throws {InvalidSignInError} if the token is unknown, expired or used, or its account has a way to sign in.
   * @throws {FactorEnrolmentRequiredError} if the user's role also requires a second factor.
   */
  async setPassword(token: string, password: string, client: Client): Promise<TokenPair> {
    this.assertOffered(unknownField);
    const { userId } = await this.find(token);
    const user = await this.users.find(userId);
    if (!user) throw new InvalidSignInError();
    await this.passwords.assertAcceptable(password, { username: user.username, email: emailOf(user) }, [
      'body',
      'new_password',
    ]);
    const passwordHash = await this.passwords.hash(password);
    const hold = async (tx: EntityManager) => {
      if (!(await this.users.lockActive(userId, tx)) || !(await this.pending.consume(token, tx)))
        return false;
      // A reset, or a passkey, may have come first.
      if (await canSignIn(userId, this.settings, tx)) return false;
      await this.replacement.replace(userId, passwordHash, { reason: 'registration', client }, tx);
      return true;
    };
    const proof = {
      method: 'email',
      further: ['pwd'],
      reason: 'registration',
      provesEmail: true,
      hold,
    } as const;
    const tokens = await this.signIns.prove(user, proof, client);
    if (!tokens) throw new InvalidSignInError();
    return tokens;
  }

  /** Rejects the input as if Astra had no first passwords, unless the application has them. */
  private assertOffered(error: FieldError): void {
    if (!this.settings.features.passwordless) throw new InvalidInputError([error]);
  }

  private async find(token: string) {
    const waiting = await this.pending.find(token);
    if (waiting?.purpose !== 'enrol') throw new InvalidSignInError();
    return waiting;
  }
}
