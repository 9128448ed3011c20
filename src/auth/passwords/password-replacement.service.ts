import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SignOutService } from '../sessions/sign-out.service.js';
import { PasswordRemoved } from './password-removed.event.js';
import { PasswordChanged, type PasswordChangeReason } from './password-changed.event.js';

/** Reasons for which the owner replaces it. */
const byOwner: readonly PasswordChangeReason[] = ['change', 'reset', 'registration'];

/** Circumstances of a password replacement. */
export interface PasswordReplacement {
  reason: PasswordChangeReason;
  /** User who replaced it. Default: the owner for {@link byOwner}, otherwise none. */
  actorId?: string;
  /** Client that sent the request. Default none. */
  client?: Client;
}

/** Consequences of replacing or removing a password, for every way to do so. */
@Injectable()
export class PasswordReplacementService {
  constructor(
    private readonly passwordHashes: PasswordHashes,
    private readonly signOut: SignOutService,
    private readonly attempts: SignInAttemptsService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Stores a new password, ends sessions and revokes mail tokens, resets the count of failed sign-ins, and
   * notifies the owner. Only `exceptSession` continues; default none.
   */
  async replace(
    userId: string,
    passwordHash: string,
    { reason, actorId, client, exceptSession }: PasswordReplacement & { exceptSession?: string },
    tx: EntityManager,
  ): Promise<void> {
    const user = await this.passwordHashes.set(userId, passwordHash, tx);
    await this.signOut.everywhere(userId, SessionEnd.PasswordChanged, tx, { except: exceptSession });
    await this.attempts.clear(userId, tx);
    await this.events.emit(new PasswordChanged(userId, reason), tx);
    await this.mail.enqueue('password-changed', user, { changedAt: new Date() }, tx);
    await this.audit.record(
      {
        type: 'authn_password_change',
        userId,
        actorId: actorId ?? (byOwner.includes(reason) ? userId : null),
        client: client ?? null,
        data: { reason },
      },
      tx,
    );
  }

  /**
   * Deletes the password of an account whose owner signs in without one, with the same consequences. Only `exceptSession`
   * continues.
   */
  async remove(
    userId: string,
    { client, exceptSession }: { client: Client; exceptSession: string },
    tx: EntityManager,
  ): Promise<void> {
    const user = await this.passwordHashes.set(userId, null, tx);
    await this.signOut.everywhere(userId, SessionEnd.PasswordChanged, tx, { except: exceptSession });
    await this.attempts.clear(userId, tx);
    await this.events.emit(new PasswordRemoved(userId), tx);
    await this.mail.enqueue('password-removed', user, { removedAt: new Date() }, tx);
    await this.audit.record({ type: 'authn_password_removed', userId, actorId: userId, client }, tx);
  }
}
