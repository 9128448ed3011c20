import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../../access/client.decorator.js';
import { AuditService } from '../../../../audit/audit.service.js';
import { MailService } from '../../../../mail/mail.service.js';
import { AccountEvents } from '../../../../users/events/account-events.js';
import type { User } from '../../../../users/user.entity.js';
import { SessionEnd } from '../../../sessions/session.entity.js';
import { SessionsService } from '../../../sessions/sessions.service.js';
import { SignOutService } from '../../../sessions/sign-out.service.js';
import { FactorsService } from '../../factors.service.js';
import { PasskeyAdded, PasskeyRemoved } from '../passkey-events.js';
import type { Passkey } from '../passkey.entity.js';
import { authenticatorName } from '../webauthn/authenticator-names.js';

/**
 * Consequences of a change of a user's passkeys: ended sessions, events, messages, the audit trail. All of them take part in
 * the transaction of the change, so that none is lost and none happens without it.
 */
@Injectable()
export class PasskeyChanges {
  constructor(
    private readonly factors: FactorsService,
    private readonly sessions: SessionsService,
    private readonly signOut: SignOutService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Notifies the user and the host of a new passkey. If it is the first factor, ends the other sessions, which were started
   * without it; the current one counts as started with it.
   *
   * @param sessionId - Session that has added it.
   * @returns recovery codes, which are shown once; empty unless it is the first factor.
   */
  async added(
    passkey: Passkey,
    user: User,
    { client, sessionId }: { client: Client; sessionId: string },
    tx: EntityManager,
  ): Promise<string[]> {
    const codes = await this.factors.makeFirstCodes(user.id, tx);
    if (codes.length > 0) {
      await this.signOut.everywhere(user.id, SessionEnd.FactorsChanged, tx, { except: sessionId });
      await this.sessions.renew(sessionId, passkey.backupEligible ? 'swk' : 'hwk', tx);
    }
    await this.events.emit(new PasskeyAdded(user.id, passkey.id), tx);
    const notice = { authenticator: authenticatorName(passkey.aaguid), addedAt: new Date() };
    await this.mail.enqueue('passkey-added', user, notice, tx);
    await this.audit.record({ type: 'authn_passkey_added', ...eventOf(passkey, user, client) }, tx);
    return codes;
  }

  /**
   * Ends the other sessions, and notifies the user and the host of a removed passkey.
   *
   * @throws {FactorRequiredByRoleError} if it was the last factor, and the role requires one.
   * @param options.exceptSession - Session that continues.
   */
  async removed(
    passkey: Passkey,
    user: User,
    { client, exceptSession: except }: { client: Client; exceptSession: string },
    tx: EntityManager,
  ): Promise<void> {
    await this.factors.settleRemoval(user, tx);
    await this.signOut.everywhere(user.id, SessionEnd.FactorsChanged, tx, { except });
    await this.events.emit(new PasskeyRemoved(user.id, passkey.id), tx);
    await this.mail.enqueue(
      'passkey-removed',
      user,
      { authenticator: authenticatorName(passkey.aaguid), removedAt: new Date() },
      tx,
    );
    await this.audit.record({ type: 'authn_passkey_removed', ...eventOf(passkey, user, client) }, tx);
  }
}

/** Returns the audit event of a change, without the name, which the user has chosen. */
function eventOf(passkey: Passkey, { id: userId }: User, client: Client) {
  return { userId, actorId: userId, client, data: { passkey: passkey.id, synced: passkey.backedUp } };
}
