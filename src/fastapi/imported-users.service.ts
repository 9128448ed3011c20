import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull } from 'typeorm';
import { ImportedUser } from './imported-user.entity.js';
import { User } from '../users/user.entity.js';

/** Origin of an imported account. */
export interface Origin {
  userId: string;
  /** `id` in the FastAPI service. */
  sourceId: number;
  /** Username in the FastAPI service. */
  username: string;
}

/** Records which users were imported from the FastAPI service. Only this service writes `auth_imported_users`. */
@Injectable()
export class ImportedUsersService {
  /** Finds users that were imported before: username in the source → `id` in the source. */
  async find(usernames: readonly string[], tx: EntityManager): Promise<Map<string, number>> {
    const rows: { position: number; sourceId: number }[] = await tx.query(
      `SELECT position::int, source_id::float8 AS "sourceId"
         FROM unnest($1::bytea[]) WITH ORDINALITY AS wanted (username_hash, position)
         JOIN auth_imported_users USING (username_hash)`,
      [usernames.map(hashUsername)],
    );
    return new Map(rows.map(({ position, sourceId }) => [usernames[position - 1], sourceId]));
  }

  /** Finds the origin of accounts: id here → `id` in the source, for imported ones. */
  async findSources(userIds: readonly string[], tx: EntityManager): Promise<Map<string, number>> {
    const rows: { userId: string; sourceId: number }[] = await tx.query(
      `SELECT user_id AS "userId", source_id::float8 AS "sourceId" FROM auth_imported_users WHERE user_id = ANY ($1)`,
      [userIds],
    );
    return new Map(rows.map(({ userId, sourceId }) => [userId, sourceId]));
  }

  /**
   * Finds the account that a token of the FastAPI service belongs to: it must be active, and its sessions must not have
   * been ended all at once since the import.
   *
   * @param username - Username in the FastAPI service, regardless of who has it now.
   * @param options.lock - Locks the account until the transaction ends. Default `false`.
   */
  async findTokenHolder(username: string, tx: EntityManager, { lock = false } = {}): Promise<User | null> {
    const holder = tx
      .createQueryBuilder(User, 'user')
      .innerJoin(ImportedUser, 'imported', 'imported.userId = user.id')
      .where('imported.usernameHash = :usernameHash', { usernameHash: hashUsername(username) })
      .andWhere('imported.legacyTokensEndedAt IS NULL AND user.isActive');
    if (lock) holder.setLock('for_no_key_update');
    return holder.getOne();
  }

  /**
   * Permanently rejects all tokens of the FastAPI service of a user.
   *
   * @returns `false` if they were rejected before.
   */
  async endLegacyTokens(userId: string, tx: EntityManager): Promise<boolean> {
    const { affected } = await tx.update(
      ImportedUser,
      { userId, legacyTokensEndedAt: IsNull() },
      { legacyTokensEndedAt: () => 'now()' },
    );
    return affected === 1;
  }

  /** Records the origin of accounts inside the transaction that creates them. */
  async add(origins: readonly Origin[], tx: EntityManager): Promise<void> {
    await tx.query(
      `INSERT INTO auth_imported_users (username_hash, source_id, user_id, imported_at)
       SELECT *, now() FROM unnest($1::bytea[], $2::bigint[], $3::uuid[])`,
      [
        origins.map(({ username }) => hashUsername(username)),
        origins.map(({ sourceId }) => sourceId),
        origins.map(({ userId }) => userId),
      ],
    );
  }
}

/** Returns the key of a username in `auth_imported_users`. */
function hashUsername(username: string): Buffer {
  return hash('sha256', username, 'buffer');
}
