import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { keepAudit } from '../audit/retention/audit-rights.js';
import { applyMigrations, findPendingMigrations } from '../schema/apply-migrations.js';
import { keepConnectionsForReads } from '../database/connections/kept-for-reads.js';
import { askPrimary } from '../database/primary.js';
import { dataSourceOptions } from '../schema/data-source-options.js';
import { findNewerMigrations } from '../schema/newer-migrations.js';
import type { Environment } from '../env.js';
import { mayPass } from '../http/problem/database-errors.js';
import { errorText } from '../http/problem/error-text.js';
import { counted } from './counted.js';
import { databaseAdvice } from './database-advice.js';
import { asService, type DatabaseServer, type Notice, reachServer } from './database-server.js';
import { checkServiceRole, setUpServiceRole } from './service-role.js';

/** Connection to the service's database. */
export interface OpenDatabase {
  db: DataSource;
  /** Location for display, without credentials. */
  where: string;
  /** Closes the connection, and stops the embedded server if nobody else uses it. */
  close(): Promise<void>;
}

/** Time in ms to wait for an unresponsive database. */
const PATIENCE = 60_000;

/**
 * Connects to the database as the service. Applies migrations first, unless that is a separate step: in production, and
 * if `POSTGRES_SERVICE_USER` says that the service does not own the tables.
 *
 * @param stopping - Aborts the wait, with its reason.
 * @throws {Error} if the database is not available within a minute or rejects the connection, if migrations are
 *   pending, or if a newer version has changed the tables incompatibly.
 */
export async function openDatabase(
  env: Environment,
  notice: Notice,
  stopping?: AbortSignal,
): Promise<OpenDatabase> {
  const server = await reachServer(env, notice);
  try {
    if (!env.guest && (server.isEmbedded || (!env.production && !server.serviceRole))) {
      const applied = await migrateOn(server, env, notice, { stopping });
      if (applied.length > 0) notice(`Applied ${counted(applied.length, 'migration')}`);
    }
    const db = await connect(asService(server), env, notice, stopping);
    const lack = env.guest ? await hostLack(db) : await serviceLack(db, notice);
    if (lack) {
      await db.destroy();
      throw new Error(lack);
    }
    keepConnectionsForReads(db);
    return opened(db, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Checks that this version can run on the tables, which may be those of an older or a newer version. */
async function serviceLack(db: DataSource, notice: Notice): Promise<string | undefined> {
  if ((await findPendingMigrations(db)).length > 0)
    return 'The tables are not up to date. Run "astra migrate" first.';
  const { expanding, contracting } = await findNewerMigrations(db);
  if (contracting.length > 0)
    return `A newer version has changed the tables in a way that this version cannot run on: ${contracting.join(', ')}. Run the newer version.`;
  if (expanding.length > 0)
    notice(
      `The tables have ${counted(expanding.length, 'migration')} of a newer version, which this version can run on`,
    );
  return undefined;
}

/** Checks a host's tables. A host applies Astra's migrations with its own, and may record them elsewhere. */
async function hostLack(db: DataSource): Promise<string | undefined> {
  const [{ there }] = await db.query<[{ there: boolean }]>(
    `SELECT to_regclass('auth_users') IS NOT NULL AS there`,
  );
  return there
    ? undefined
    : 'The table auth_users does not exist. Apply the migrations of the application first. If they use a schema, set DATABASE_SCHEMA.';
}

/**
 * Connects as the owner of the tables, without applying migrations.
 *
 * @throws {Error} like {@link openDatabase}.
 */
export async function openAsOwner(env: Environment, notice: Notice): Promise<OpenDatabase> {
  const server = await reachServer(env, notice);
  try {
    return opened(await connect(server.owner, env, notice), server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Connects as the service with a single attempt, without applying migrations.
 *
 * @throws {Error} of the driver, if the connection fails.
 */
export async function visitDatabase(env: Environment, notice: Notice): Promise<OpenDatabase> {
  const server = await reachServer(env, notice);
  try {
    return opened(await new DataSource(dataSourceOptions(asService(server))).initialize(), server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Checks as the service whether it can start on the tables. Changes nothing.
 *
 * @returns the names of pending migrations, oldest first.
 * @throws {Error} like {@link openDatabase}, except that migrations may be pending.
 */
export async function checkDatabase(env: Environment, notice: Notice): Promise<string[]> {
  const server = await reachServer(env, notice);
  try {
    const db = await connect(asService(server), env, notice);
    try {
      const pending = await findPendingMigrations(db);
      const lack = pending.length === 0 && (await serviceLack(db, notice));
      if (lack) throw new Error(lack);
      return pending;
    } finally {
      await db.destroy();
    }
  } finally {
    await server.stop();
  }
}

/**
 * Applies migrations as the owner of the tables, and grants the role of the service its privileges.
 *
 * @param options.setPassword - Also sets the configured password of an existing role. Default `false`.
 * @returns the names of the applied migrations, oldest first.
 * @throws {Error} like {@link openDatabase}, and if the service cannot connect afterwards.
 */
export async function migrateDatabase(
  env: Environment,
  notice: Notice,
  { setPassword = false } = {},
): Promise<string[]> {
  const server = await reachServer(env, notice);
  try {
    const applied = await migrateOn(server, env, notice, { setPassword: server.isEmbedded || setPassword });
    await (await connect(asService(server), env, notice)).destroy();
    return applied;
  } finally {
    await server.stop();
  }
}

/** Applies migrations, retention and the service's privileges on a server that is already running. */
async function migrateOn(
  { owner, serviceRole, isEmbedded }: DatabaseServer,
  env: Environment,
  notice: Notice,
  { setPassword = isEmbedded, stopping }: { setPassword?: boolean; stopping?: AbortSignal } = {},
): Promise<string[]> {
  const db = await connect(owner, env, notice, stopping);
  try {
    return await applyMigrations(db, {
      notice,
      before: serviceRole && ((tx) => checkServiceRole(tx, serviceRole)),
      after: async (tx) => {
        // In development, the tables may already be sufficient for a service that does not own them; this step is for
        // their owner.
        const [{ mayChange }] = await tx.query<[{ mayChange: boolean }]>(
          `SELECT has_table_privilege('auth_installation', 'UPDATE') AS "mayChange"`,
        );
        if (mayChange) await tx.query(keepAudit(env.auth));
        if (serviceRole) await setUpServiceRole(tx, serviceRole, { setPassword });
      },
    });
  } finally {
    await db.destroy();
  }
}

/** Connects, and retries for a minute while the failure may pass. */
async function connect(
  connection: DatabaseServer['owner'],
  env: Environment,
  notice: Notice,
  stopping?: AbortSignal,
): Promise<DataSource> {
  const giveUpAt = performance.now() + PATIENCE;
  for (let attempt = 0; ; attempt++) {
    stopping?.throwIfAborted();
    try {
      return await connectToPrimary(connection);
    } catch (error) {
      const reason = errorText(error);
      if (!mayPass(error) || performance.now() > giveUpAt)
        throw new Error(`The database cannot be used: ${reason}. ${databaseAdvice(error, env)}`, {
          cause: error,
        });
      if (attempt === 0)
        notice(`The database is not responding yet (${reason}). Retrying for up to a minute`);
      // An abort wakes it early; its reason is thrown above.
      await sleep(1_000, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

/**
 * Connects, and checks that the server accepts writes.
 *
 * @throws {ReadOnlyError} if the database is read-only: during a failover, another server is about to become the
 *   primary.
 */
async function connectToPrimary(connection: DatabaseServer['owner']): Promise<DataSource> {
  const db = await new DataSource(dataSourceOptions(connection)).initialize();
  try {
    await askPrimary(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Combines the connection and the server, for both to be closed together. */
function opened(db: DataSource, { where, stop }: DatabaseServer): OpenDatabase {
  return {
    db,
    where,
    async close() {
      // If an application used it, Nest has already closed it.
      if (db.isInitialized) await db.destroy();
      await stop();
    },
  };
}
