import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { canonicalEmail, canonicalUsername } from '../../names/canonical.js';
import {
  type accountFields,
  type FileField,
  fileFields,
  type NullsLeftOut,
} from '../fields/account-fields.js';
import { User } from '../user.entity.js';

/** Account in a file: names as in the API, times in ISO 8601 with microseconds. */
export type UserRecord = { [K in FileField as (typeof accountFields)[K]['column']]: InFile<User[K]> } & {
  /** Files hold accounts of people only: a service account is nothing without its API keys, which are in no file. */
  email: string;
  password_hash: string | null;
};
type InFile<T> = T extends Date ? string : T;

/** Account to add; `null` values can be omitted. */
export type NewUserRecord = NullsLeftOut<UserRecord>;

/**
 * Existing account that prevents a new one: it has the same id, or, unless deleted, the same username or email address,
 * or its old mailbox can still reclaim the email address.
 */
export interface Clash {
  /** Id of the new account. */
  newId: string;
  id: string;
  isDeleted: boolean;
  /** In any spelling. */
  sameUsername: boolean;
  sameEmail: boolean;
  /** Whether it can get the email address back by undoing a change. */
  holdsEmail: boolean;
}

/** Rows per query. */
const READ_AT_ONCE = 1_000;

/** Condition under which an account `u` prevents a new one. */
const CLASHES = `
  u.id = new.id OR u.deleted_at IS NULL AND u.username_key = new.username_key
  OR u.deleted_at IS NULL AND u.email_key = new.email_key`;

const NEW = 'json_to_recordset($1) AS new (id uuid, username_key text, email_key text)';

/** Email addresses that old mailboxes can still reclaim. */
const HELD = `(
  SELECT e.user_id, e.email_key FROM auth_email_undos e JOIN auth_users u ON u.id = e.user_id
   WHERE e.expires_at > now() AND u.deleted_at IS NULL) held`;
/** Condition under which a reservation prevents a new account. */
const HOLDS = 'held.email_key = new.email_key AND held.user_id <> new.id';

/** Reads and adds accounts in bulk. */
@Injectable()
export class UsersInBulk {
  /** Counts the accounts of people, except deleted ones. */
  async count(tx: EntityManager): Promise<number> {
    return tx.countBy(User, { kind: 'person' });
  }

  /** Reads the accounts of people except deleted ones, ordered by id, in batches. */
  async *read(tx: EntityManager): AsyncGenerator<UserRecord[]> {
    for (let last: string | null = null; ;) {
      const rows: UserRecord[] = await tx.query(READ, [last, READ_AT_ONCE]);
      if (rows.length > 0) yield rows;
      if (rows.length < READ_AT_ONCE) return;
      last = rows[rows.length - 1].id;
    }
  }

  /**
   * Adds accounts, except those that clash with an existing one or an earlier one of the batch, and those whose email
   * address is reserved for another account. The reservation is checked after the rows are written: if an account left
   * an email address a moment ago, the unique index has waited for its commit.
   *
   * @param rehearsal - Adds to the table of {@link beginRehearsal} instead. Default `false`.
   * @returns the ids of added accounts.
   */
  async add(
    users: readonly NewUserRecord[],
    tx: EntityManager,
    { rehearsal = false } = {},
  ): Promise<Set<string>> {
    const rows: { id: string }[] = await tx.query(rehearsal ? REHEARSE : ADD, [
      JSON.stringify(users.map(withKeys)),
    ]);
    const added = new Set(rows.map(({ id }) => id));
    const table = rehearsal ? 'astra_rehearsal' : 'auth_users';
    const [withdrawn] = await tx.query<[{ id: string }[], number]>(
      `DELETE FROM ${table} new USING ${HELD} WHERE new.id = ANY ($1) AND ${HOLDS} RETURNING new.id`,
      [[...added]],
    );
    for (const { id } of withdrawn) added.delete(id);
    return added;
  }

  /** Returns the existing accounts that prevent accounts from being added. */
  findClashes(
    users: readonly Pick<UserRecord, 'id' | 'username' | 'email'>[],
    tx: EntityManager,
    { rehearsal = false } = {},
  ): Promise<Clash[]> {
    const clashesIn = (table: string) => `
      SELECT new.id AS "newId", u.id, u.deleted_at IS NOT NULL AS "isDeleted",
             u.username_key = new.username_key AS "sameUsername", u.email_key = new.email_key AS "sameEmail",
             false AS "holdsEmail"
        FROM ${NEW} JOIN ${table} u ON ${CLASHES}`;
    const holders = `SELECT new.id, held.user_id, false, false, false, true FROM ${NEW} JOIN ${HELD} ON ${HOLDS}`;
    const accounts = ['auth_users', ...(rehearsal ? ['astra_rehearsal'] : [])].map(clashesIn);
    return tx.query([...accounts, holders].join(' UNION ALL '), [JSON.stringify(users.map(withKeys))]);
  }

  /** Creates a temporary copy of the table of accounts, dropped with the transaction, for a rehearsal. */
  async beginRehearsal(tx: EntityManager): Promise<void> {
    await tx.query(
      'CREATE TEMP TABLE astra_rehearsal (LIKE auth_users INCLUDING DEFAULTS INCLUDING INDEXES) ON COMMIT DROP',
    );
    await tx.query(
      'CREATE TRIGGER astra_rehearsal_fold BEFORE INSERT ON astra_rehearsal FOR EACH ROW EXECUTE FUNCTION auth_users_fold()',
    );
  }
}

/** Adds the canonical names, with which new accounts are compared to existing ones. */
function withKeys<T extends Pick<UserRecord, 'username' | 'email'>>(user: T) {
  return { ...user, username_key: canonicalUsername(user.username), email_key: canonicalEmail(user.email) };
}

const utc = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${column}`;

const columns = fileFields.map(({ column }) => column).join(', ');

const READ = `
  SELECT ${fileFields.map(({ column, inFiles }) => (inFiles === 'timestamptz' ? utc(column) : column)).join(', ')},
         hashed_password AS password_hash
    FROM auth_users
   WHERE deleted_at IS NULL AND kind = 'person' AND ($1::uuid IS NULL OR id > $1)
   ORDER BY id
   LIMIT $2`;

/** One JSON parameter for all rows, regardless of their number. */
const addInto = (table: string, where = '') => `
  INSERT INTO ${table} (${columns}, hashed_password)
  SELECT ${columns}, password_hash
    FROM json_to_recordset($1) AS new
         (${fileFields.map(({ column, inFiles }) => `${column} ${inFiles}`).join(', ')},
          username_key text, email_key text, password_hash text)
   ${where}
      ON CONFLICT DO NOTHING
  RETURNING id`;

const ADD = addInto('auth_users');
/** A rehearsal also compares with the accounts, which the indexes of its own table do not contain. */
const REHEARSE = addInto('astra_rehearsal', `WHERE NOT EXISTS (SELECT FROM auth_users u WHERE ${CLASHES})`);
