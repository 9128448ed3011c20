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

/** An account as it stands in a file: names as in the API, times in ISO 8601 to the microsecond. */
export type UserRecord = { [K in FileField as (typeof accountFields)[K]['column']]: InFile<User[K]> } & {
  password_hash: string | null;
};
type InFile<T> = T extends Date ? string : T;

/** An account to be added. */
export type NewUserRecord = NullsLeftOut<UserRecord>;

/**
 * An account that a new one cannot stand beside: it has its id or, if it is not deleted, its name or address; or its old
 * mailbox may still take the address back.
 */
export interface Clash {
  /** The id of the new one. */
  newId: string;
  id: string;
  isDeleted: boolean;
  /** However they are written. */
  sameUsername: boolean;
  sameEmail: boolean;
  /** It had the address, and can have it back by an undo. */
  holdsEmail: boolean;
}

/** Rows that one query reads. */
const READ_AT_ONCE = 1_000;

const CLASHES = `
  u.id = new.id OR u.deleted_at IS NULL AND u.username_key = new.username_key
  OR u.deleted_at IS NULL AND u.email_key = new.email_key`;

const NEW = 'json_to_recordset($1) AS new (id uuid, username_key text, email_key text)';

/** Addresses that the old mailboxes of accounts can still take back. */
const HELD = `(
  SELECT e.user_id, e.email_key FROM auth_email_undos e JOIN auth_users u ON u.id = e.user_id
   WHERE e.expires_at > now() AND u.deleted_at IS NULL) held`;
const HOLDS = 'held.email_key = new.email_key AND held.user_id <> new.id';

/** Accounts by the thousand. */
@Injectable()
export class UsersInBulk {
  /** How many accounts there are, without deleted ones. */
  async count(tx: EntityManager): Promise<number> {
    return tx.countBy(User, {});
  }

  /** All accounts but deleted ones in the order of their ids, many at a time. */
  async *read(tx: EntityManager): AsyncGenerator<UserRecord[]> {
    for (let last: string | null = null; ;) {
      const rows: UserRecord[] = await tx.query(READ, [last, READ_AT_ONCE]);
      if (rows.length > 0) yield rows;
      if (rows.length < READ_AT_ONCE) return;
      last = rows[rows.length - 1].id;
    }
  }

  /**
   * Adds accounts, but for those that clash with one that is there, or with one before them, and those whose address is
   * held for another. That is looked at when the rows are written: had an account moved away from an address a moment ago, the
   * unique index has waited for it.
   *
   * @param rehearsal - Has them added where {@link beginRehearsal} says instead.
   * @returns the ids of those that were added.
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

  /** Finds out why accounts could not be added. */
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

  /** Makes a table like that of the accounts, which goes with the transaction: what is added there is added nowhere. */
  async beginRehearsal(tx: EntityManager): Promise<void> {
    await tx.query(
      'CREATE TEMP TABLE astra_rehearsal (LIKE auth_users INCLUDING DEFAULTS INCLUDING INDEXES) ON COMMIT DROP',
    );
    await tx.query(
      'CREATE TRIGGER astra_rehearsal_fold BEFORE INSERT ON astra_rehearsal FOR EACH ROW EXECUTE FUNCTION auth_users_fold()',
    );
  }
}

/** The keys by which an account that is not added yet is held against others. */
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
   WHERE deleted_at IS NULL AND ($1::uuid IS NULL OR id > $1)
   ORDER BY id
   LIMIT $2`;

/** JSON takes one parameter for all rows, however many there are. */
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
const REHEARSE = addInto('astra_rehearsal', `WHERE NOT EXISTS (SELECT FROM auth_users u WHERE ${CLASHES})`);
