import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../../access/client.decorator.js';
import { AuditService } from '../../../../audit/audit.service.js';
import { MailService } from '../../../../mail/mail.service.js';
import { AccountEvents } from '../../../../users/events/account-events.js';
import type { User } from '../../../../users/user.entity.js';
import { SessionEnd } from '../../../sessions/session.entity.js';
import { SignOutService } from '../../../sessions/sign-out.service.js';
import { PasskeyAdded, PasskeyRemoved } from '../passkey-events.js';
import type { Passkey } from '../passkey.entity.js';
import { authenticatorName } from '../webauthn/authenticator-names.js';

/** Consequences of a change of a user's passkeys: ended sessions, events, messages, the audit trail. */
@Injectable()
export class PasskeyChanges {
  constructor(
    private readonly signOut: SignOutService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /** Notifies the user and the host of a new passkey. */
  async added(passkey: Passkey, user: User, client: Client, tx: EntityManager): Promise<void> {
    await this.events.emit(new PasskeyAdded(user.id, passkey.id), tx);
    await this.mail.enqueue(
      'passkey-added',
      user,
      { authenticator: authenticatorName(passkey.aaguid), addedAt: new Date() },
      tx,
    );
    await this.audit.record({ type: 'authn_passkey_added', ...eventOf(passkey, user, client) }, tx);
  }

  /**
   * Ends the other sessions, and notifies the user and the host of a removed passkey.
   *
   * @param options.exceptSession - Session that continues.
   */
  async removed(
    passkey: Passkey,
    user: User,
    { client, exceptSession: except }: { client: Client; exceptSession: string },
    tx: EntityManager,
  ): Promise<void> {
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

  /** Reports a passkey that seems to exist twice. */
  async copied(passkey: Passkey, user: User, client: Client, tx: EntityManager): Promise<void> {
    await this.mail.enqueue(
      'passkey-copied',
      user,
      { authenticator: authenticatorName(passkey.aaguid), usedAt: new Date() },
      tx,
    );
    const event = { userId: user.id, actorId: null, client, data: { passkey: passkey.id } };
    await this.audit.record({ type: 'authn_passkey_clone_suspected', ...event }, tx);
  }
}

function eventOf(passkey: Passkey, { id: userId }: User, client: Client) {
  return { userId, actorId: userId, client, data: { passkey: passkey.id, synced: passkey.backedUp } };
}
