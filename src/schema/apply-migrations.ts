import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { databaseErrorCode } from '../http/problem/database-errors.js';
import { isError } from '../http/problem/error-text.js';
import { findObstacle, type Obstacle } from './migration-obstacle.js';
import { withoutTimeouts } from '../database/connections/without-timeouts.js';

/** Under this key one process at a time migrates; the number is "astra" on a telephone's keys. */
const ADVISORY_LOCK = 27872;

/** What is done beside the migrations, by the owner of the tables. */
interface Steps {
  before?: (tx: EntityManager) => Promise<void>;
  after?: (tx: EntityManager) => Promise<void>;
}

/**
 * Brings the tables up to date. Of several processes that start at once one does it, and the others wait for it.
 *
 * @param steps.before - Throws if something is in the way, and writes nothing.
 * @param steps.after - What else the owner of the tables is to do, in one transaction.
 * @returns the names of the migrations that were applied, oldest first.
 * @throws {Error} with one sentence if the tables of something else have the names of ours, or if the role may not make tables.
 */
export function applyMigrations(dataSource: DataSource, { before, after }: Steps = {}): Promise<string[]> {
  return withoutTimeouts(dataSource, async (db) => {
    const lock = db.createQueryRunner();
    // Of a transaction: behind a pooler, that of a session would stay with a connection that is nobody's any more.
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
        `The tables cannot be ${table ? 'brought up to date' : 'made'}: ${obstacle.says}. ${obstacle.next}`,
      );
    await before?.(db.manager);
    const applied = await db.runMigrations().catch(refuseOthersTables);
    if (after) await db.transaction(after);
    return applied.map((migration) => migration.name);
  });
}

/** That there is something to do which only the owner of the tables can. */
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

/** Whether the tables are not those of this version yet. Nothing is changed: this role may be one that cannot. */
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

/** The FastAPI service, for one, has an `auth_users` as well. */
function refuseOthersTables(error: unknown): never {
  // A table, or the schema of the queue.
  const isTaken = ['42P07', '42P06'].includes(databaseErrorCode(error)) && isError(error);
  if (!isTaken) throw error;
  throw new Error(`The database holds something else: ${error.message}. Give Astra a database of its own.`, {
    cause: error,
  });
}
