import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AccessChanges } from '../../../database/notices/access-changes.js';
import { queryRows } from '../../../database/query-rows.js';
import { pageNewestFirst } from '../../../paging/newest-first.js';
import type { Page, PageQuery } from '../../../paging/page.js';
import { Passkey } from './passkey.entity.js';
import { PasskeyExistsError, TooManyPasskeysError } from './passkeys.errors.js';
import type { SignedState } from './webauthn/verify-assertion.js';

/** Maximum number of passkeys of a user. */
export const MAX_PASSKEYS = 20;

/** Fields of a new passkey. */
export type NewPasskey = Omit<Passkey, 'id' | 'user' | 'createdAt' | 'lastUsedAt'>;

/**
 * Stores passkeys. Only this service writes `auth_passkeys`. Whether a user has one is part of cached principals, so each change
 * of it is announced to all instances.
 */
@Injectable()
export class PasskeysService {
  constructor(
    @InjectRepository(Passkey) private readonly passkeys: Repository<Passkey>,
    private readonly changes: AccessChanges,
  ) {}

  /**
   * Returns a page of a user's passkeys, newest first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  listOf(userId: string, page: PageQuery): Promise<Page<Passkey>> {
    const all = this.passkeys.createQueryBuilder('passkey').where('passkey.userId = :userId', { userId });
    return pageNewestFirst(all, page);
  }

  /** Returns all passkeys of a user with their credential ids, oldest first. */
  allOf(userId: string, tx: EntityManager = this.passkeys.manager): Promise<Passkey[]> {
    return tx
      .createQueryBuilder(Passkey, 'passkey')
      .addSelect('passkey.credentialId')
      .where('passkey.userId = :userId', { userId })
      .orderBy('passkey.id')
      .getMany();
  }

  /** Returns whether a user has a passkey. */
  has(userId: string, tx: EntityManager = this.passkeys.manager): Promise<boolean> {
    return tx.existsBy(Passkey, { userId });
  }

  /** Finds a passkey by its credential id, with its key and its user, who may be deactivated or deleted. */
  findByCredential(credentialId: Buffer): Promise<Passkey | null> {
    return (
      this.passkeys
        .createQueryBuilder('passkey')
        // First, as it applies to the joins that follow.
        .withDeleted()
        .addSelect(['passkey.credentialId', 'passkey.publicKey'])
        .innerJoinAndSelect('passkey.user', 'user')
        .where('passkey.credentialId = :credentialId', { credentialId })
        .getOne()
    );
  }

  /**
   * Adds a passkey. Which of two concurrent registrations of one credential id succeeds is decided by the unique constraint
   * `auth_passkeys_credential_id_key`; the transaction of the other stays usable, so that it can answer with a problem.
   *
   * @param tx - Transaction that has locked the account's row, so that concurrent calls count one another's passkeys.
   * @throws {TooManyPasskeysError} if the user has {@link MAX_PASSKEYS}.
   * @throws {PasskeyExistsError} if any user has a passkey with this credential id.
   */
  async add(passkey: NewPasskey, tx: EntityManager): Promise<Passkey> {
    if ((await tx.countBy(Passkey, { userId: passkey.userId })) >= MAX_PASSKEYS)
      throw new TooManyPasskeysError(MAX_PASSKEYS);
    const id = uuid();
    const inserted = await tx
      .createQueryBuilder()
      .insert()
      .into(Passkey)
      .values({ ...passkey, id, createdAt: () => 'now()' })
      .orIgnore()
      .returning('id')
      .execute();
    if ((inserted.raw as unknown[]).length === 0) throw new PasskeyExistsError();
    await this.changes.announce({ user: passkey.userId }, tx);
    return tx.findOneByOrFail(Passkey, { id });
  }

  /**
   * Renames a passkey of a user.
   *
   * @returns `null` if the user has no such passkey.
   */
  async rename(id: string, userId: string, name: string): Promise<Passkey | null> {
    await this.passkeys.update({ id, userId }, { name });
    return this.passkeys.findOneBy({ id, userId });
  }

  /**
   * Removes a passkey of a user.
   *
   * @returns the passkey that was removed; `null` if the user has no such passkey.
   */
  async remove(id: string, userId: string, tx: EntityManager): Promise<Passkey | null> {
    const passkey = await tx.findOneBy(Passkey, { id, userId });
    const { affected } = await tx.delete(Passkey, { id, userId });
    if (!affected) return null;
    await this.changes.announce({ user: userId }, tx);
    return passkey;
  }

  /**
   * Removes all passkeys of a user.
   *
   * @param since - Keeps those that were added before. Default: keeps none.
   * @returns their ids.
   */
  async removeAll(userId: string, tx: EntityManager, since: Date | null = null): Promise<string[]> {
    const removed = await queryRows<{ id: string }>(
      tx,
      'DELETE FROM auth_passkeys WHERE user_id = $1 AND ($2::timestamptz IS NULL OR created_at >= $2) RETURNING id',
      [userId, since],
    );
    if (removed.length > 0) await this.changes.announce({ user: userId }, tx);
    return removed.map(({ id }) => id);
  }

  /**
   * Records a use of a passkey, unless its counter shows that it was copied.
   *
   * The counter of a passkey that cannot be synced must rise, if its authenticator counts at all. Those of synced passkeys
   * are counted on several devices and say nothing (WebAuthn Level 3, 6.1.1).
   *
   * @returns whether the use was recorded. Concurrent uses are recorded in the order of their counters.
   */
  async recordUse(
    id: string,
    { signCount, userVerified, backedUp }: SignedState,
    tx: EntityManager,
  ): Promise<boolean> {
    const rows = await queryRows(
      tx,
      `UPDATE auth_passkeys
          SET sign_count = greatest(sign_count, $2), uv = uv OR $3, backed_up = $4, last_used_at = now()
        WHERE id = $1 AND (backup_eligible OR sign_count < $2 OR (sign_count = 0 AND $2 = 0)) RETURNING 1`,
      [id, signCount, userVerified, backedUp],
    );
    return rows.length > 0;
  }
}
