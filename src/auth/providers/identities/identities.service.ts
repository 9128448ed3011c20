import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, MoreThanOrEqual, Repository } from 'typeorm';
import { readRows } from '../../../database/query-rows.js';
import { v7 as uuid } from 'uuid';
import type { Client } from '../../../access/client.decorator.js';
import { AuditService } from '../../../audit/audit.service.js';
import { queryRows } from '../../../database/query-rows.js';
import { MailService } from '../../../mail/mail.service.js';
import { pageNewestFirst } from '../../../paging/newest-first.js';
import type { Page, PageQuery } from '../../../paging/page.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { AccountEvents } from '../../../users/events/account-events.js';
import { UserDeleted } from '../../../users/events/user-events.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';
import type { ProvenIdentity } from '../proven-identity.js';
import { IdentityTakenError } from '../providers.errors.js';
import { IdentityLinked, IdentityUnlinked } from './identity-events.js';
import { Identity } from './identity.entity.js';

/** Key of an identity. Everything else that a provider says may change. */
type IdentityKey = Pick<ProvenIdentity, 'issuer' | 'subject'>;

/** Identities of users at providers. Only this service writes `auth_identities`. */
@Injectable()
export class IdentitiesService {
  constructor(
    @InjectRepository(Identity) private readonly identities: Repository<Identity>,
    private readonly users: UsersService,
    private readonly events: AccountEvents,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {
    // A deleted account keeps its row for a while, but its owner may come back as a newcomer.
    events.before(UserDeleted, ({ userId }, tx) => tx.delete(Identity, { userId }));
  }

  /** Finds the user whose identity it is; `null` for a newcomer. */
  async findUser({ issuer, subject }: IdentityKey): Promise<User | null> {
    const found = await this.identities.findOne({ where: { issuer, subject }, relations: { user: true } });
    return found?.user ?? null;
  }

  /**
   * Uses an identity to sign in, in the transaction that starts the session. The account is locked first, as everywhere.
   *
   * @returns whether the account is active, and the identity still belongs to it.
   */
  async use({ issuer, subject, email }: ProvenIdentity, userId: string, tx: EntityManager): Promise<boolean> {
    if (!(await this.users.lockActive(userId, tx))) return false;
    const rows = await queryRows(
      tx,
      `UPDATE auth_identities SET last_used_at = now(), email = $4
        WHERE issuer = $1 AND subject = $2 AND user_id = $3 RETURNING 1`,
      [issuer, subject, userId, email],
    );
    return rows.length > 0;
  }

  /**
   * Connects an identity to an account, and records it. The unique constraint decides between several accounts.
   *
   * @param options.isNew - Whether the account is created with it: its owner needs no notice.
   * @param tx - Transaction that has locked the account's row, or created it.
   * @returns whether it was not connected before.
   * @throws {IdentityTakenError} if it belongs to another account.
   */
  async link(
    identity: ProvenIdentity,
    user: User,
    client: Client,
    tx: EntityManager,
    { isNew = false } = {},
  ): Promise<boolean> {
    const { provider, issuer, subject, email } = identity;
    const id = uuid();
    const inserted = await queryRows(
      tx,
      `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, email, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, now())
       ON CONFLICT (issuer, subject) DO NOTHING RETURNING 1`,
      [id, user.id, provider, issuer, subject, email],
    );
    if (inserted.length === 0) {
      if (await tx.existsBy(Identity, { issuer, subject, userId: user.id })) return false;
      throw new IdentityTakenError();
    }
    await this.events.emit(new IdentityLinked(user.id, provider, id, issuer, subject), tx);
    const event = { userId: user.id, actorId: user.id, client, data: { provider, identity: id } };
    await this.audit.record({ type: 'authn_identity_linked', ...event }, tx);
    const notice = { provider: this.titleOf(provider), linkedAt: new Date() };
    if (!isNew) await this.mail.enqueue('identity-linked', user, notice, tx);
    return true;
  }

  /**
   * Removes an identity from an account, and records it.
   *
   * @returns `null` if the user has no such identity.
   */
  async unlink(id: string, user: User, client: Client, tx: EntityManager): Promise<Identity | null> {
    const identity = await tx.findOneBy(Identity, { id, userId: user.id });
    const { affected } = await tx.delete(Identity, { id, userId: user.id });
    if (!identity || affected === 0) return null;
    await this.recordRemoval(identity, user, client, tx);
    const notice = { provider: this.titleOf(identity.provider), unlinkedAt: new Date() };
    await this.mail.enqueue('identity-unlinked', user, notice, tx);
    return identity;
  }

  /**
   * Removes all identities from an account, and records it. No message is sent: the owner of the mailbox did not connect
   * them.
   *
   * @param tx - Transaction that has locked the account's row.
   * @param since - Keeps those that were connected before. Default: keeps none.
   */
  async removeAll(user: User, client: Client, tx: EntityManager, since?: Date): Promise<void> {
    const which = { userId: user.id, ...(since && { createdAt: MoreThanOrEqual(since) }) };
    const all = await tx.findBy(Identity, which);
    await tx.delete(Identity, which);
    for (const identity of all) await this.recordRemoval(identity, user, client, tx);
  }

  /** Emits and records that an identity was removed. */
  private async recordRemoval(
    { id, provider }: Identity,
    user: User,
    client: Client,
    tx: EntityManager,
  ): Promise<void> {
    await this.events.emit(new IdentityUnlinked(user.id, provider, id), tx);
    const event = { userId: user.id, actorId: user.id, client, data: { provider, identity: id } };
    await this.audit.record({ type: 'authn_identity_unlinked', ...event }, tx);
  }

  /** Returns the names of the providers at which a user has an identity, except those that were removed from the settings. */
  async providersOf(userId: string): Promise<string[]> {
    const providersOf = await this.providersOfAll([userId]);
    return providersOf(userId).filter((name) => this.settings.providers.all.has(name));
  }

  /** Returns the names of the providers at which each user has an identity, with one query. */
  async providersOfAll(userIds: readonly string[]): Promise<(userId: string) => string[]> {
    const found = await readRows<Pick<Identity, 'provider' | 'userId'>>(
      this.identities.manager.dataSource,
      `SELECT DISTINCT user_id AS "userId", provider FROM auth_identities WHERE user_id = ANY ($1) ORDER BY provider`,
      [userIds],
    );
    return (userId) => found.filter((one) => one.userId === userId).map(({ provider }) => provider);
  }

  /** Returns all identities of a user, oldest first. There are few: each was connected by hand. */
  allOf(userId: string): Promise<Identity[]> {
    return this.identities.find({ where: { userId }, order: { id: 'ASC' } });
  }

  /**
   * Returns a page of a user's identities, newest first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  listOf(userId: string, page: PageQuery): Promise<Page<Identity>> {
    const all = this.identities.createQueryBuilder('identity').where('identity.userId = :userId', { userId });
    return pageNewestFirst(all, page);
  }

  /** Name of a provider for people. One that was removed from the settings has only its key. */
  private titleOf(provider: string): string {
    return this.settings.providers.all.get(provider)?.title ?? provider;
  }
}
