import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { SignInAttempts } from '../../rate-limit/sign-in-attempts.service.js';
import { AccountEvents } from '../../users/account-events.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SignOutService } from '../sessions/sign-out.service.js';
import { PasswordChanged, type PasswordChangeReason } from './password-changed.event.js';

/** How a password came to be replaced. */
export interface PasswordReplacement {
  reason: PasswordChangeReason;
  /** Whoever did it, if it was a user. Default: for `change` and `reset` the owner, else nobody. */
  actorId?: string;
  /** From where. Default: from no client. */
  client?: Client;
}

/** What happens whenever a password is replaced, in whichever way. */
@Injectable()
export class PasswordReplacementService {
  constructor(
    private readonly passwordHashes: PasswordHashes,
    private readonly signOut: SignOutService,
    private readonly attempts: SignInAttempts,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Stores a new password. Sessions and mail tokens that others may have got hold of end, failed sign-ins are forgotten,
   * and the owner is told. `exceptSession` goes on; by default none does.
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
        actorId: actorId ?? (reason === 'change' || reason === 'reset' ? userId : null),
        client: client ?? null,
        data: { reason },
      },
      tx,
    );
  }
}
