import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull } from 'typeorm';
import { ImportedUser } from './imported-user.entity.js';
import { User } from '../users/user.entity.js';

/** Whose account is whose in the FastAPI service. */
export interface Origin {
  userId: string;
  /** The `id` there. */
  sourceId: number;
  /** The username there. */
  username: string;
}

/** Who was taken over from the FastAPI service. It alone writes `auth_imported_users`. */
@Injectable()
export class ImportedUsersService {
  /** Finds who of these was taken over before: username there → `id` there. */
  async find(usernames: readonly string[], tx: EntityManager): Promise<Map<string, number>> {
    const rows: { position: number; sourceId: number }[] = await tx.query(
      `SELECT position::int, source_id::float8 AS "sourceId"
         FROM unnest($1::bytea[]) WITH ORDINALITY AS wanted (username_hash, position)
         JOIN auth_imported_users USING (username_hash)`,
      [usernames.map(hashUsername)],
    );
    return new Map(rows.map(({ position, sourceId }) => [usernames[position - 1], sourceId]));
  }

  /** Finds where accounts come from: id here → `id` there, for those that were taken over. */
  async findSources(userIds: readonly string[], tx: EntityManager): Promise<Map<string, number>> {
    const rows: { userId: string; sourceId: number }[] = await tx.query(
      `SELECT user_id AS "userId", source_id::float8 AS "sourceId" FROM auth_imported_users WHERE user_id = ANY ($1)`,
      [userIds],
    );
    return new Map(rows.map(({ userId, sourceId }) => [userId, sourceId]));
  }

  /**
   * Finds the account of somebody who holds a token of the FastAPI service: it is active, and since it was taken over not
   * all of its sessions were ended at once.
   *
   * @param username - As it was there; who has it here by now does not matter.
   * @param options.lock - Holds the account as it is until the transaction ends.
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
   * Refuses all tokens of the FastAPI service that a user may still have, for good.
   *
   * @returns whether they were not refused before.
   */
  async endLegacyTokens(userId: string, tx: EntityManager): Promise<boolean> {
    const { affected } = await tx.update(
      ImportedUser,
      { userId, legacyTokensEndedAt: IsNull() },
      { legacyTokensEndedAt: () => 'now()' },
    );
    return affected === 1;
  }

  /** Remembers where accounts come from, as part of the transaction that makes them. */
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

/** Under which somebody of this name is found in `auth_imported_users`. */
function hashUsername(username: string): Buffer {
  return hash('sha256', username, 'buffer');
}
