import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { databaseErrorCode } from '../http/problem/database-errors.js';
import { isError } from '../http/problem/error-text.js';
import { findObstacle, type Obstacle } from './migration-obstacle.js';
import { withoutTimeouts } from '../database/connections/without-timeouts.js';

/** Advisory lock that lets one process at a time migrate; "astra" on a telephone keypad. */
const ADVISORY_LOCK = 27872;

/** Additional steps of the owner of the tables. */
interface Steps {
  before?: (tx: EntityManager) => Promise<void>;
  after?: (tx: EntityManager) => Promise<void>;
}

/**
 * Applies pending migrations. One of several processes that start at the same time does it; the others wait.
 *
 * @param steps.before - Throws if there is an obstacle; writes nothing.
 * @param steps.after - Additional work of the owner of the tables, in one transaction.
 * @returns the names of the applied migrations, oldest first.
 * @throws {Error} if tables of another application have the same names, or the role may not create tables.
 */
export function applyMigrations(dataSource: DataSource, { before, after }: Steps = {}): Promise<string[]> {
  return withoutTimeouts(dataSource, async (db) => {
    const lock = db.createQueryRunner();
    // A transaction-level lock: behind a pooler, a session-level one would stay with a connection that nobody owns.
    await lock.startTransaction();
    const tryLock = async () => {
      const [{ locked }] = (await lock.query('SELECT pg_try_advisory_xact_lock($1) AS locked', [
        ADVISORY_LOCK,
      ])) as [{ locked: boolean }];
      return locked;
    };
    while (!(await tryLock())) await sleep(100);
    const [{ table }]: [{ table: string | null }] = await db.query(
      `SELECT to_regclass('auth_migrations') AS table`,
    );
    const obstacle = table ? await findForeignOwner(db) : await findObstacle(db);
    if (obstacle)
      throw new Error(
        `The tables cannot be ${table ? 'migrated' : 'created'}: ${obstacle.says}. ${obstacle.next}`,
      );
    await before?.(db.manager);
    const applied = await db.runMigrations().catch(refuseOthersTables);
    if (after) await db.transaction(after);
    return applied.map((migration) => migration.name);
  });
}

/** Returns an obstacle if migrations are pending that only the owner of the tables can apply. */
async function findForeignOwner(db: DataSource): Promise<Obstacle | undefined> {
  const [{ me, owner, isOwner }]: [{ me: string; owner: string; isOwner: boolean }] = await db.query(
    `SELECT quote_ident(current_user) AS me, relowner::regrole::text AS owner,
            pg_has_role(relowner, 'USAGE') AS "isOwner"
       FROM pg_class WHERE oid = to_regclass('auth_migrations')`,
  );
  if (isOwner || !(await hasPendingMigrations(db))) return undefined;
  return {
    says: `they belong to ${owner}, and ${me} may not change them`,
    next: `Run "astra migrate" as ${owner} first: DATABASE_URL or POSTGRES_USER must name that role there.`,
  };
}

/** Returns whether migrations are pending. Changes nothing, because the role may not be allowed to. */
export async function hasPendingMigrations(db: DataSource): Promise<boolean> {
  const [{ isReadable }]: [{ isReadable: boolean | null }] = await db.query(
    `SELECT has_table_privilege(to_regclass('auth_migrations'), 'SELECT') AS "isReadable"`,
  );
  if (!isReadable) return true;
  const applied: { name: string }[] = await db.query('SELECT name FROM auth_migrations');
  return db.migrations.some(({ name, constructor }) =>
    applied.every((one) => one.name !== (name ?? constructor.name)),
  );
}

/**
 * Explains a name clash with tables of another application; the FastAPI service, for example, has an `auth_users`, too.
 */
function refuseOthersTables(error: unknown): never {
  // duplicate_table, or duplicate_schema for the queue
  const isTaken = ['42P07', '42P06'].includes(databaseErrorCode(error)) && isError(error);
  if (!isTaken) throw error;
  throw new Error(
    `The database contains tables of another application: ${error.message}. Use a separate database for Astra.`,
    {
      cause: error,
    },
  );
}
