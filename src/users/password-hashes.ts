import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { namedStatement, NamedStatements } from '../database/named-statements.js';
import { AccessChanges } from '../database/notices/access-changes.js';
import { canonicalLogin, loginKeyOf, MAX_LOGIN_LENGTH } from '../names/canonical.js';
import { User } from './user.entity.js';
import { columnNames, toUser } from './user-rows.js';
import { UsersService } from './users.service.js';
import { unindexed } from '../database/found-by-id.js';

const LOCK_UNLESS_CHANGED = namedStatement(
  'lock-unless-changed',
  `SELECT FROM auth_users
    WHERE id = $1 AND ${unindexed('hashed_password = $2 AND is_active AND deleted_at IS NULL')} FOR NO KEY UPDATE`,
);

/** Returns the statements that find an account by a canonical name ($1), with its hash. */
const findingWith = (columns: string) => {
  const by = (key: 'username_key' | 'email_key') =>
    namedStatement(
      'find-login',
      `SELECT ${columns}, hashed_password AS hash FROM auth_users WHERE ${key} = $1 AND deleted_at IS NULL`,
    );
  return { username_key: by('username_key'), email_key: by('email_key') };
};

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
  private finding?: ReturnType<typeof findingWith>;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly changes: AccessChanges,
    private readonly named: NamedStatements,
  ) {}

  /**
   * Finds an account by its username or email address, in any spelling, with the hash of its password. Takes the same time
   * if there is no such account.
   */
  async findByLogin(login: string): Promise<{ user: User | null; passwordHash: string | null }> {
    if (login.length > MAX_LOGIN_LENGTH) return { user: null, passwordHash: null };
    const { manager } = this.db;
    this.finding ??= findingWith(columnNames(manager));
    const statement = this.finding[loginKeyOf(login)];
    const { rows } = await this.named.query(statement, [canonicalLogin(login)]);
    const [row] = rows as (Record<string, unknown> & { hash: string | null })[];
    return { user: row ? toUser(row, manager) : null, passwordHash: row?.hash ?? null };
  }

  /**
   * Reads the hash of an account, in one of the formats named at {@link User}.
   *
   * @returns `null` if there is no such account, or it has no password.
   */
  async find(userId: string, tx: EntityManager = this.db.manager): Promise<string | null> {
    const [row] = await tx.query<[{ hash: string | null }?]>(
      `SELECT hashed_password AS hash FROM auth_users WHERE id = $1 AND ${unindexed('deleted_at IS NULL')}`,
      [userId],
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
      `UPDATE auth_users SET hashed_password = $2, updated_at = now() WHERE id = $1 AND ${unindexed('deleted_at IS NULL')}`,
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
    const { rowCount } = await this.named.query(LOCK_UNLESS_CHANGED, [user.id, passwordHash], tx);
    return rowCount === 1;
  }
}
