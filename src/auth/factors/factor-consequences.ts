import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { AuditType } from '../../audit/audit-types.js';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import { MailService } from '../../mail/mail.service.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { AccountEvents } from '../../users/events/account-events.js';
import type { User } from '../../users/user.entity.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { FactorAdded, FactorRemoved, RecoveryCodeUsed } from './factor-events.js';
import { PasskeyRemoved } from './passkeys/passkey-events.js';

/** Factors that were removed at once. */
export interface RemovedFactors {
  /** Whether there was an authenticator app. */
  readonly totp: boolean;
  /** Ids of the passkeys. */
  readonly passkeys: readonly string[];
}

/** Circumstances of a change of factors. */
export interface FactorChange {
  user: User;
  /** User who made the change. */
  actorId: string;
  client: Client;
  /** Session that continues. Default: none. */
  exceptSession?: string;
}

/**
 * Consequences of changed and used factors: ended sessions, messages, events, and the audit trail. All of them take part
 * in the transaction of the change, so that none is lost and none happens without it.
 */
@Injectable()
export class FactorConsequences {
  constructor(
    private readonly sessions: SessionsService,
    private readonly attempts: SignInAttemptsService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /** With the first factor the other sessions end, because they were started without one. */
  async added(change: FactorChange & { isFirst: boolean }, tx: EntityManager): Promise<void> {
    if (change.isFirst) await this.endSessions(change, SessionEnd.FactorsChanged, tx);
    await this.events.emit(new FactorAdded(change.user.id, 'totp'), tx);
    await this.mail.enqueue('factor-added', change.user, { addedAt: new Date() }, tx);
    await this.record('authn_factor_added', change, { factor: 'totp' }, tx);
  }

  /** The other sessions end, and the count of wrong codes is reset. */
  async removed(change: FactorChange, tx: EntityManager): Promise<void> {
    const { user } = change;
    await this.endSessions(change, SessionEnd.FactorsChanged, tx);
    await this.attempts.clearFactor(user.id, tx);
    await this.events.emit(new FactorRemoved(user.id, 'totp'), tx);
    await this.mail.enqueue('factor-removed', user, { removedAt: new Date() }, tx);
    await this.record('authn_factor_removed', change, { factor: 'totp' }, tx);
  }

  /**
   * All factors of a user were removed by an admin, or for the owner of the mailbox: one message and one record, however many
   * there were.
   */
  async reset({ totp, passkeys }: RemovedFactors, change: FactorChange, tx: EntityManager): Promise<void> {
    const { user } = change;
    await this.endSessions(change, SessionEnd.Administrator, tx);
    await this.attempts.clearFactor(user.id, tx);
    if (totp) await this.events.emit(new FactorRemoved(user.id, 'totp'), tx);
    for (const id of passkeys) await this.events.emit(new PasskeyRemoved(user.id, id), tx);
    await this.mail.enqueue('factor-removed', user, { removedAt: new Date() }, tx);
    const factors = [...(totp ? ['totp'] : []), ...(passkeys.length > 0 ? ['passkey'] : [])];
    await this.record('authn_factor_reset', change, { factors }, tx);
  }

  /** The other sessions end. */
  async codesReplaced(change: FactorChange, tx: EntityManager): Promise<void> {
    await this.endSessions(change, SessionEnd.FactorsChanged, tx);
    await this.mail.enqueue('recovery-codes-replaced', change.user, { replacedAt: new Date() }, tx);
    await this.record('authn_recovery_codes_made', change, {}, tx);
  }

  /** Reports a used recovery code to its owner. */
  async codeUsed(left: number, { user, client }: FactorChange, tx: EntityManager): Promise<void> {
    await this.events.emit(new RecoveryCodeUsed(user.id, left), tx);
    await this.mail.enqueue('recovery-code-used', user, { usedAt: new Date(), left }, tx);
    await this.record('authn_recovery_code_used', { user, actorId: user.id, client }, { left }, tx);
  }

  /** Ends all sessions but the one that made the change, with what waits to become a session. */
  private async endSessions(
    { user, exceptSession: except }: FactorChange,
    reason: SessionEnd,
    tx: EntityManager,
  ) {
    await this.sessions.endAll(user.id, reason, tx, { except });
  }

  /** Records the change with who made it, which for a reset is the admin. */
  private async record(
    type: AuditType,
    { user, actorId, client }: FactorChange,
    data: AuditData,
    tx: EntityManager,
  ): Promise<void> {
    await this.audit.record({ type, userId: user.id, actorId, client, data }, tx);
  }
}
