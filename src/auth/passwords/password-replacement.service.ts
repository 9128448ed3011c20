import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { ApiKeyChangesService } from '../api-keys/api-key-changes.service.js';
import { PasswordRemoved } from './password-removed.event.js';
import { PasswordChanged, type PasswordChangeReason } from './password-changed.event.js';
import { StoredPasswordService } from './stored-password.service.js';

/** Reasons for which the owner replaces it. */
const byOwner: readonly PasswordChangeReason[] = ['change', 'reset', 'registration'];

/** Reasons for which somebody else may have known the password, and created API keys. */
const ofLostPasswords: readonly PasswordChangeReason[] = ['reset', 'operator', 'application'];

/** Circumstances of a password replacement. */
export interface PasswordReplacement {
  reason: PasswordChangeReason;
  /** User who replaced it. Default: the owner for `byOwner`, otherwise none. */
  actorId?: string;
  /** Client that sent the request. Default none. */
  client?: Client;
}

/** Consequences of replacing or removing a password, for every way to do so. */
@Injectable()
export class PasswordReplacementService {
  constructor(
    private readonly stored: StoredPasswordService,
    private readonly apiKeys: ApiKeyChangesService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Stores a new password, ends sessions and revokes mail tokens, resets the count of failed sign-ins, and
   * notifies the owner. Also revokes all API keys, unless the owner knew the password. Only `exceptSession` continues;
   * default none.
   */
  async replace(
    userId: string,
    passwordHash: string,
    { reason, actorId, client, exceptSession }: PasswordReplacement & { exceptSession?: string },
    tx: EntityManager,
  ): Promise<void> {
    const by = { actorId: actorId ?? (byOwner.includes(reason) ? userId : null), client: client ?? null };
    const user = await this.stored.store(userId, passwordHash, exceptSession, tx);
    if (ofLostPasswords.includes(reason))
      await this.apiKeys.revokeAll(userId, { ...by, reason: 'password_reset' }, tx);
    await this.events.emit(new PasswordChanged(userId, reason), tx);
    await this.mail.enqueue('password-changed', user, { changedAt: new Date() }, tx);
    await this.audit.record({ type: 'authn_password_change', userId, ...by, data: { reason } }, tx);
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
    const user = await this.stored.store(userId, null, exceptSession, tx);
    await this.events.emit(new PasswordRemoved(userId), tx);
    await this.mail.enqueue('password-removed', user, { removedAt: new Date() }, tx);
    await this.audit.record({ type: 'authn_password_removed', userId, actorId: userId, client }, tx);
  }
}
