import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccessChanges } from '../database/notices/access-changes.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

/** An account, and the hash that its password was checked against. */
export interface CheckedAccount {
  user: User;
  passwordHash: string;
}

/**
 * The hashes of passwords. No {@link User} carries one, so that nothing a host holds, logs or returns can; and it is
 * written by plain SQL, so that none reaches the subscribers that a host has in its DataSource.
 */
@Injectable()
export class PasswordHashes {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly changes: AccessChanges,
  ) {}

  /**
   * Reads the hash of an account, in the form in which {@link User} describes it.
   *
   * @param userId - `undefined` for nobody, which takes the same time.
   * @returns `null` if there is no such account, or it has no password.
   */
  async find(userId: string | undefined, tx: EntityManager = this.db.manager): Promise<string | null> {
    const [row] = await tx.query<[{ hash: string | null }?]>(
      'SELECT hashed_password AS hash FROM auth_users WHERE id = $1 AND deleted_at IS NULL',
      [userId ?? null],
    );
    return row?.hash ?? null;
  }

  /**
   * Stores the hash of a new password; `null` ends the old one, and nobody signs in until there is another.
   *
   * @throws {NotFoundError} if there is no such account.
   */
  async set(userId: string, passwordHash: string | null, tx: EntityManager): Promise<User> {
    await tx.query(
      'UPDATE auth_users SET hashed_password = $2, updated_at = now() WHERE id = $1 AND deleted_at IS NULL',
      [userId, passwordHash],
    );
    await this.changes.announce({ user: userId }, tx);
    return this.users.get(userId, tx);
  }

  /** Replaces a hash by one of today's scheme; the password stays the same. */
  async upgrade(userId: string, passwordHash: string, tx: EntityManager): Promise<void> {
    await tx.query('UPDATE auth_users SET hashed_password = $2 WHERE id = $1', [userId, passwordHash]);
  }

  /**
   * Holds an account until the transaction ends, for what its password permits.
   *
   * @returns whether the account is still active and its password still the one that was checked.
   */
  async lockUnlessChanged({ user, passwordHash }: CheckedAccount, tx: EntityManager): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `SELECT FROM auth_users
        WHERE id = $1 AND hashed_password = $2 AND is_active AND deleted_at IS NULL FOR NO KEY UPDATE`,
      [user.id, passwordHash],
    );
    return rows.length > 0;
  }
}
