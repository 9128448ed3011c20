import { type EntityManager, type InsertQueryBuilder, Raw, type UpdateQueryBuilder } from 'typeorm';
import { unindexed } from '../database/found-by-id.js';
import { violatedConstraint } from '../http/problem/database-errors.js';
import { NotFoundError } from '../http/problem/problem.js';
import { User } from './user.entity.js';
import { EmailTakenError, UsernameTakenError } from './users.errors.js';

/** SQL of the condition that an account `u`, which is found by its id, is active. */
export const ACTIVE_USER = unindexed('u.is_active AND u.deleted_at IS NULL');

/**
 * Executes a statement that writes one account. The unique indexes decide which of several requests gets a name.
 *
 * @returns the account after the change.
 * @throws {NotFoundError} if there was no row to write.
 * @throws {UsernameTakenError | EmailTakenError} if another account has the username or the email address.
 */
export async function writeUser(
  statement: InsertQueryBuilder<User> | UpdateQueryBuilder<User>,
  tx: EntityManager,
): Promise<User> {
  const columns = columnsOf(tx);
  statement.returning(columns.map(({ propertyName }) => propertyName));
  const [row] = await refusingDuplicates(
    async () => (await statement.execute()).raw as Record<string, unknown>[],
  );
  if (!row) throw new NotFoundError('User not found.');
  return toUser(row, tx);
}

/**
 * Reads an active account and locks it until the transaction ends. With SQL, because every step of a sign-in does so, and
 * TypeORM's own query takes several times the CPU time.
 *
 * @returns `null` if there is none, or it is inactive or deleted.
 */
export async function lockActiveUser(id: string, tx: EntityManager): Promise<User | null> {
  const [row] = await tx.query<Record<string, unknown>[]>(lockingActive(tx), [id]);
  return row ? toUser(row, tx) : null;
}

/** SQL that reads an active account ($1) for {@link toUser}, and locks it until the transaction ends. */
export function lockingActive(tx: EntityManager): string {
  return `SELECT ${columnNames(tx)} FROM auth_users u WHERE id = $1 AND ${ACTIVE_USER} FOR NO KEY UPDATE`;
}

/** Returns options of a query for an account that was not deleted. Indexes would serve TypeORM's own condition. */
export function existingUser(id: string) {
  const deletedAt = Raw((column) => unindexed(`${column} IS NULL`));
  return { where: { id, deletedAt }, withDeleted: true };
}

/** Returns the names of the columns that {@link toUser} needs, for SQL. */
export function columnNames(tx: EntityManager): string {
  return columnsOf(tx)
    .map(({ databaseName }) => databaseName)
    .join(', ');
}

/** Returns the columns that a User has: no hash, no keys. */
function columnsOf(tx: EntityManager) {
  return tx.getRepository(User).metadata.columns.filter(({ isSelect }) => isSelect);
}

/** Converts a row with the columns of an account. */
export function toUser(row: Record<string, unknown>, tx: EntityManager): User {
  const values = columnsOf(tx).map(({ propertyName, databaseName }) => [propertyName, row[databaseName]]);
  return tx.create(User, Object.fromEntries(values) as Partial<User>);
}

/** Converts violations of the unique indexes to errors that say which name is taken. */
async function refusingDuplicates<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === 'auth_users_username_key') throw new UsernameTakenError();
    if (constraint === 'auth_users_email_key') throw new EmailTakenError();
    throw error;
  }
}
