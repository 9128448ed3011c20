import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { databaseErrorCode } from '../http/problem/database-errors.js';
import { isError } from '../http/problem/error-text.js';
import { applyPending } from './apply-pending.js';
import { findObstacle, type Obstacle } from './migration-obstacle.js';
import { withoutTimeouts } from '../database/connections/without-timeouts.js';

/** Advisory lock that lets one process at a time migrate; "astra" on a telephone keypad. */
const ADVISORY_LOCK = 27872;

/** Additional steps of the owner of the tables. */
interface Steps {
  before?: (tx: EntityManager) => Promise<void>;
  after?: (tx: EntityManager) => Promise<void>;
  notice?: (line: string) => void;
}

/**
 * Applies pending migrations. One of several processes that start at the same time does it; the others wait.
 *
 * @param steps.before - Throws if there is an obstacle; writes nothing.
 * @param steps.after - Additional work of the owner of the tables, in one transaction.
 * @param steps.notice - Called if a migration has to wait for the locks of others.
 * @returns the names of the applied migrations, oldest first.
 * @throws {Error} if tables of another application have the same names, the role may not create tables, or others lock
 *   a table for two minutes.
 */
export function applyMigrations(
  dataSource: DataSource,
  { before, after, notice }: Steps = {},
): Promise<string[]> {
  return withoutTimeouts(dataSource, async (db) => {
    const lock = db.createQueryRunner();
    // A transaction-level lock: behind a pooler, a session-level one would stay with a connection that nobody owns.
    await lock.startTransaction();
    const tryLock = async () => {
      // Without parameters, so that Postgres closes the query at once. With them, it would keep a snapshot until the end
      // of the transaction, and CREATE INDEX CONCURRENTLY in a migration would wait for it.
      const [{ locked }] = (await lock.query(
        `SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AS locked`,
      )) as [{ locked: boolean }];
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
    const applied = await applyPending(db, notice).catch(refuseOthersTables);
    if (after) await db.transaction(after);
    return applied;
  });
}

/** Returns an obstacle if migrations are pending that only the owner of the tables can apply. */
async function findForeignOwner(db: DataSource): Promise<Obstacle | undefined> {
  const [{ me, owner, isOwner }]: [{ me: string; owner: string; isOwner: boolean }] = await db.query(
    `SELECT quote_ident(current_user) AS me, relowner::regrole::text AS owner,
            pg_has_role(relowner, 'USAGE') AS "isOwner"
       FROM pg_class WHERE oid = to_regclass('auth_migrations')`,
  );
  if (isOwner || (await findPendingMigrations(db)).length === 0) return undefined;
  return {
    says: `they belong to ${owner}, and ${me} may not change them`,
    next: `Run "astra migrate" as ${owner} first: DATABASE_URL or POSTGRES_USER must name that role there.`,
  };
}

/** Returns the names of pending migrations, oldest first. Changes nothing, because the role may not be allowed to. */
export async function findPendingMigrations(db: DataSource): Promise<string[]> {
  const names = db.migrations.map(({ name, constructor }) => name ?? constructor.name);
  const [{ isReadable }]: [{ isReadable: boolean | null }] = await db.query(
    `SELECT has_table_privilege(to_regclass('auth_migrations'), 'SELECT') AS "isReadable"`,
  );
  if (!isReadable) return names;
  const applied: { name: string }[] = await db.query('SELECT name FROM auth_migrations');
  return names.filter((name) => applied.every((one) => one.name !== name));
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
