import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccessChanges } from '../database/notices/access-changes.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

/** Account with the hash that its password was verified against. */
export interface CheckedAccount {
  user: User;
  passwordHash: string;
}

/**
 * Stores password hashes. No {@link User} contains one, so a host cannot log or return it by mistake. Plain SQL keeps
 * hashes from the subscribers of a host's DataSource.
 */
@Injectable()
export class PasswordHashes {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly changes: AccessChanges,
  ) {}

  /**
   * Reads the hash of an account, in one of the formats named at {@link User}.
   *
   * @param userId - `undefined` if the user is unknown; takes the same time.
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
   * Stores the hash of a new password. `null` disables the password, so that the user cannot sign in until there is a
   * new one.
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

  /** Replaces a hash with one of the current scheme for the same password. */
  async upgrade(userId: string, passwordHash: string, tx: EntityManager): Promise<void> {
    await tx.query('UPDATE auth_users SET hashed_password = $2 WHERE id = $1', [userId, passwordHash]);
  }

  /**
   * Locks an account until the transaction ends, if its password is still the verified one.
   *
   * @returns whether the account is active and its hash unchanged.
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
