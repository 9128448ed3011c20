import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import { MailService } from '../../mail/mail.service.js';
import { SignInAttempts } from '../../rate-limit/sign-in-attempts.service.js';
import { AccountEvents } from '../../users/account-events.js';
import { UsersService } from '../../users/users.service.js';
import { type CheckedAccount, PasswordHashes } from '../../users/password-hashes.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { InvalidCredentialsError } from './passwords.errors.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { PasswordChanged, type PasswordChangeReason } from './password-changed.event.js';
import { PasswordsService } from './passwords.service.js';
import { Reauthentication } from './reauthentication.js';

/** How a password came to be replaced. */
export interface PasswordReplacement {
  reason: PasswordChangeReason;
  /** Whoever did it, if it was a user. Default: for `change` and `reset` the owner, else nobody. */
  actorId?: string;
  /** From where. Default: from no client. */
  client?: Client;
}

/** Replaces passwords, with all that has to happen then. */
@Injectable()
export class PasswordChangeService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly reauthentication: Reauthentication,
    private readonly passwords: PasswordsService,
    private readonly passwordHashes: PasswordHashes,
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokens,
    private readonly attempts: SignInAttempts,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly events: AccountEvents,
  ) {}

  /**
   * Replaces the password of a signed-in user. All their sessions but this one end.
   *
   * @throws {InvalidInputError} if the new password is not one that may be used.
   * @throws {InvalidCredentialsError} if the current password is wrong.
   */
  async change(
    principal: Principal,
    currentPassword: string,
    newPassword: string,
    client: Client,
  ): Promise<void> {
    const { userId, sessionId, username, email } = principal;
    await this.passwords.assertAcceptable(newPassword, { username, email }, ['body', 'new_password']);
    const checked = await this.confirm(principal, currentPassword, client);
    const passwordHash = await this.passwords.hash(newPassword);
    await this.db.transaction(async (tx) => {
      // Of two changes at the same moment the second one was asked for with a password that is none any more.
      if (!(await this.passwordHashes.lockUnlessChanged(checked, tx))) throw new InvalidCredentialsError();
      await this.replace(userId, passwordHash, { reason: 'change', client, exceptSession: sessionId }, tx);
    });
  }

  /**
   * Sets the password of an account on behalf of its owner, who cannot: where no mail is sent, or where too many failures
   * have disabled the password. Whoever may call this can take over any account: in a host, guard the route.
   *
   * @param replacement - Default by the code of a host.
   * @throws {NotFoundError} if there is no such account.
   * @throws {InvalidInputError} if the password is not one that may be used.
   */
  async assign(
    userId: string,
    newPassword: string,
    replacement: Partial<PasswordReplacement> = {},
  ): Promise<void> {
    const { username, email } = await this.users.get(userId);
    await this.passwords.assertAcceptable(newPassword, { username, email });
    const passwordHash = await this.passwords.hash(newPassword);
    await this.db.transaction((tx) =>
      this.replace(userId, passwordHash, { reason: 'application', ...replacement }, tx),
    );
  }

  private async confirm(principal: Principal, password: string, client: Client): Promise<CheckedAccount> {
    try {
      return await this.reauthentication.confirm(principal, password, client);
    } catch (error) {
      if (error instanceof InvalidCredentialsError) {
        const { userId } = principal;
        const event = { userId, actorId: userId, client, data: { reason: 'wrong_password' } };
        await this.audit.recordAlone({ type: 'authn_password_change_fail', ...event });
      }
      throw error;
    }
  }

  /**
   * Stores a new password. Sessions and mail tokens that others may have got hold of end, failed sign-ins are forgotten,
   * and the owner is told. `exceptSession` goes on; by default none does.
   *
   * @internal
   */
  async replace(
    userId: string,
    passwordHash: string,
    { reason, actorId, client, exceptSession }: PasswordReplacement & { exceptSession?: string },
    tx: EntityManager,
  ): Promise<void> {
    const user = await this.passwordHashes.set(userId, passwordHash, tx);
    await this.sessions.endAll(userId, SessionEnd.PasswordChanged, tx, { except: exceptSession });
    await this.tokens.revokeAll(userId, tx);
    await this.attempts.clear(userId, tx);
    await this.events.emit(new PasswordChanged(userId, reason), tx);
    await this.mail.enqueue('password-changed', user, { changedAt: new Date() }, tx);
    await this.audit.record(
      {
        type: 'authn_password_change',
        userId,
        actorId: actorId ?? (reason === 'change' || reason === 'reset' ? userId : null),
        client: client ?? null,
        data: { reason },
      },
      tx,
    );
  }
}
