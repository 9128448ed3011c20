import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { DataSource, EntityManager } from 'typeorm';
import { hashSchemes } from '../../auth/passwords/hashing/password-hash.js';
import { withoutTimeouts } from '../../database/connections/without-timeouts.js';
import { migrateDatabase, openAsOwner } from '../../service/open-database.js';
import { copyUsers } from '../../users/bulk/copy-users.js';
import type { Command } from '../command.js';
import { MADE_UP_DOMAIN, type MadeUpOptions, madeUpUsers } from './made-up-users.js';
import { Progress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';

/** Fills a database with generated users, for experiments and benchmarks. */
export const seed: Command = {
  usage: 'seed --users <count> [--seed <number>] [--force]',
  does: 'Fills an empty database with made-up users, up to millions of them.',

  async run(args, { env, terminal }) {
    const { values } = parseArgs({
      args,
      options: {
        users: { type: 'string' },
        seed: { type: 'string', default: '1' },
        force: { type: 'boolean', default: false },
      },
    });
    const count = readNumber('--users', values.users, 10_000_000);
    const number = readNumber('--seed', values.seed, 2 ** 31);
    if (env.production) throw new Error('Made-up users are not allowed in production (NODE_ENV).');

    await migrateDatabase(env, terminal.notice);
    // Only the owner of a table may analyze it.
    const database = await openAsOwner(env, terminal.notice);
    try {
      await withoutTimeouts(database.db, async (db) => {
        await assertNobodyIsThere(db, database.where, values.force);
        // A new password each time: a well-known one would open a database that was seeded by mistake.
        const password = `Seed-${randomBytes(9).toString('base64url')}`;
        const passwordHash = await hashSchemes[env.auth.passwordHash].hash(password);
        await seedUsers(db, { count, seed: number, passwordHash }, terminal);
        await printWhoIsThere(db, password, terminal);
      });
    } finally {
      await database.close();
    }
  },
};

/**
 * Generates users in one transaction, which locks the table.
 *
 * @param db - DataSource without statement timeouts.
 */
export async function seedUsers(
  db: DataSource,
  options: Omit<MadeUpOptions, 'deletedAt'>,
  terminal: Pick<Terminal, 'notice' | 'draw'>,
): Promise<void> {
  await db.transaction(async (tx) => {
    const makeIndexes = await dropIndexes(tx);
    const progress = new Progress(terminal, { label: 'Seeding users', total: options.count });
    try {
      const users = madeUpUsers({ ...options, deletedAt: new Date() });
      await copyUsers(users, tx, (copied) => progress.add(copied));
    } finally {
      progress.end();
    }
    terminal.notice('Building indexes (about a minute per million users)');
    await makeIndexes();
  });
  terminal.notice('Collecting statistics');
  await db.query('VACUUM (ANALYZE) auth_users');
}

/**
 * Drops indexes, because building them once for all rows is several times as fast.
 *
 * @returns a function that creates them again.
 */
async function dropIndexes(tx: EntityManager): Promise<() => Promise<void>> {
  const indexes: { name: string; indexdef: string }[] = await tx.query(
    `SELECT format('%I.%I', schemaname, indexname) AS name, indexdef FROM pg_indexes
      WHERE tablename = 'auth_users' AND schemaname = current_schema() AND indexname LIKE '%\\_idx'`,
  );
  for (const { name } of indexes) await tx.query(`DROP INDEX ${name}`);
  return async () => {
    await tx.query(`SET LOCAL maintenance_work_mem = '256MB'`);
    for (const { indexdef } of indexes) await tx.query(indexdef);
  };
}

/**
 * Parses an option.
 *
 * @throws {Error} unless it is a whole number up to `max`.
 */
function readNumber(option: string, value: string | undefined, max: number): number {
  if (value === undefined || !/^\d{1,10}$/.test(value) || Number(value) > max)
    throw new Error(`${option} must be a whole number, at most ${max}.`);
  return Number(value);
}

/**
 * Refuses to seed a database with real or generated users.
 *
 * @throws {Error} if there are other accounts and `force` is not set, or already generated ones.
 */
async function assertNobodyIsThere(db: DataSource, where: string, force: boolean): Promise<void> {
  const [{ people, made_up }]: [{ people: string; made_up: string }] = await db.query(
    `SELECT count(*) FILTER (WHERE email NOT LIKE $1) AS people, count(*) FILTER (WHERE email LIKE $1) AS made_up
       FROM auth_users`,
    [`%${MADE_UP_DOMAIN}`],
  );
  if (Number(made_up) > 0) {
    throw new Error(
      `The database already contains made-up users: ${made_up} (${where}). ` +
        `Use an empty database, or remove them: DELETE FROM auth_users WHERE email LIKE '%${MADE_UP_DOMAIN}'`,
    );
  }
  if (Number(people) > 0 && !force) {
    throw new Error(
      `The database contains accounts that seed did not create: ${people} (${where}). ` +
        'Use an empty database, or add --force if none of them belongs to a real person.',
    );
  }
}

/** Prints an example of each role, and the common password. */
async function printWhoIsThere(db: DataSource, password: string, terminal: Terminal): Promise<void> {
  const roles: { role: string; count: string; example: string }[] = await db.query(
    `SELECT role, count(*), (array_agg(username ORDER BY id))[1] AS example FROM auth_users
      WHERE email LIKE $1 AND is_active AND deleted_at IS NULL GROUP BY role ORDER BY role`,
    [`%${MADE_UP_DOMAIN}`],
  );
  for (const { role, count, example } of roles)
    terminal.print(`${count} with the role ${role}, such as ${example}`);
  terminal.print(`All of them have the password ${password}`);
}
