import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { User } from '../../users/user.entity.js';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { Problem } from '../../problem/problem.js';
import { MailService } from '../../mail/mail.service.js';
import { RateLimits } from '../../rate-limit/rate-limits.service.js';
import { SignInAttempts } from '../../rate-limit/sign-in-attempts.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { type CheckedAccount, PasswordHashes } from '../../users/password-hashes.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { deviceName } from './device-name.js';
import { EmailNotVerifiedError, InactiveUserError, InvalidCredentialsError } from './sessions.errors.js';
import { SessionsService } from './sessions.service.js';
import type { TokenPair } from './token-pairs.js';

/** Why a sign-in failed, once the password was looked at. */
type Failure =
  'wrong_password' | 'unknown_user' | 'inactive_user' | 'email_not_verified' | 'refused_by_application';

/** Finds out whether somebody is who they say, and begins a session for them. */
@Injectable()
export class SignInService {
  /** How the sign-ins of this process ended so far. */
  readonly outcomes: Record<'success' | Failure, number> = {
    success: 0,
    wrong_password: 0,
    unknown_user: 0,
    inactive_user: 0,
    email_not_verified: 0,
    refused_by_application: 0,
  };

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttempts,
    private readonly limits: RateLimits,
    private readonly sessions: SessionsService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Signs in with a username, or an address, and a password. If the device is a new one, the user is told by mail.
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
      await this.recordFailure(user, user ? 'wrong_password' : 'unknown_user', client);
      throw new InvalidCredentialsError();
    }
    if (!user.isActive) {
      await this.recordFailure(user, 'inactive_user', client);
      throw new InactiveUserError();
    }
    if (this.settings.emailVerification === 'required' && !user.emailVerifiedAt) {
      await this.recordFailure(user, 'email_not_verified', client);
      throw new EmailNotVerifiedError();
    }

    // Only now: a count of other tries would tell who has an account, and a stranger could use it up.
    await this.limits.take('sign-in-account', user.id, client);
    const upgraded = needsRehash ? await this.passwords.hash(password) : undefined;
    const tokens = await this.begin({ user, passwordHash }, upgraded, client);
    // The account was changed meanwhile; perhaps another sign-in only upgraded its hash. Look at it again.
    if (!tokens) return this.signIn(login, password, client);
    this.outcomes.success++;
    return tokens;
  }

  /** @returns `null` if the account is not any more as it was when its password was checked. */
  private async begin(
    checked: CheckedAccount,
    upgraded: string | undefined,
    client: Client,
  ): Promise<TokenPair | null> {
    const { user } = checked;
    const beginning = this.db.transaction(async (tx) => {
      // The password was checked a moment ago: the session is good only if it is still this one.
      if (!(await this.passwordHashes.lockUnlessChanged(checked, tx))) return null;
      if (upgraded) await this.passwordHashes.upgrade(user.id, upgraded, tx);
      const isNewDevice = await this.sessions.isNewDevice(user.id, client.userAgent, tx);
      if (isNewDevice) {
        const notice = { device: deviceName(client.userAgent), ip: client.ip, signedInAt: new Date() };
        await this.mail.enqueue('new-sign-in', user, notice, tx);
      }
      const started = await this.sessions.start(user, client, tx);
      await this.audit.record({ type: 'authn_login_success', userId: user.id, actorId: user.id, client }, tx);
      return started;
    });
    return beginning.catch(async (error: unknown) => {
      if (error instanceof Problem) await this.recordFailure(user, 'refused_by_application', client);
      throw error;
    });
  }

  private recordFailure(user: User | null, reason: Failure, client: Client): Promise<void> {
    this.outcomes[reason]++;
    return this.audit.recordAlone({
      type: 'authn_login_fail',
      userId: user?.id ?? null,
      actorId: null,
      client,
      data: { reason },
    });
  }
}
