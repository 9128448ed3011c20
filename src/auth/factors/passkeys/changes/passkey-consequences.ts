import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../../../audit/audit.service.js';
import { MailService } from '../../../../mail/mail.service.js';
import { AccountEvents } from '../../../../users/events/account-events.js';
import { SessionEnd } from '../../../sessions/session.entity.js';
import { SessionsService } from '../../../sessions/sessions.service.js';
import { SignOutService } from '../../../sessions/sign-out.service.js';
import type { FactorChange } from '../../factor-consequences.js';
import { FactorsService } from '../../factors.service.js';
import { methodOf } from '../ceremonies.js';
import { PasskeyAdded, PasskeyRemoved } from '../passkey-events.js';
import type { Passkey } from '../passkey.entity.js';
import { authenticatorName } from '../webauthn/authenticator-names.js';

/**
 * Consequences of a change of a user's passkeys: ended sessions, events, messages, the audit trail. All of them take part in
 * the transaction of the change, so that none is lost and none happens without it.
 */
@Injectable()
export class PasskeyConsequences {
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
   * without it; the session that has added it counts as started with it.
   *
   * @returns recovery codes, which are shown once; empty unless it is the first factor.
   */
  async added(passkey: Passkey, change: FactorChange, tx: EntityManager): Promise<string[]> {
    const { user, exceptSession } = change;
    const codes = await this.factors.makeFirstCodes(user.id, tx);
    if (codes.length > 0) {
      await this.signOut.everywhere(user.id, SessionEnd.FactorsChanged, tx, { except: exceptSession });
      if (exceptSession) await this.sessions.renew(exceptSession, methodOf(passkey), tx);
    }
    await this.events.emit(new PasskeyAdded(user.id, passkey.id), tx);
    const notice = { authenticator: authenticatorName(passkey.aaguid), addedAt: new Date() };
    await this.mail.enqueue('passkey-added', user, notice, tx);
    await this.audit.record({ type: 'authn_passkey_added', ...eventOf(passkey, change) }, tx);
    return codes;
  }

  /** Ends the other sessions, which the passkey may have started, with all links sent by email, and notifies the user and the host. */
  async removed(passkey: Passkey, change: FactorChange, tx: EntityManager): Promise<void> {
    const { user, actorId, exceptSession: except } = change;
    const reason = user.id === actorId ? SessionEnd.FactorsChanged : SessionEnd.Administrator;
    await this.signOut.everywhere(user.id, reason, tx, { except });
    await this.events.emit(new PasskeyRemoved(user.id, passkey.id), tx);
    const notice = { authenticator: authenticatorName(passkey.aaguid), removedAt: new Date() };
    await this.mail.enqueue('passkey-removed', user, notice, tx);
    await this.audit.record({ type: 'authn_passkey_removed', ...eventOf(passkey, change) }, tx);
  }
}

/** Returns the audit event of a change, without the name, which the user has chosen. */
function eventOf({ id, backedUp }: Passkey, { user, actorId, client }: FactorChange) {
  return { userId: user.id, actorId, client, data: { passkey: id, synced: backedUp } };
}
