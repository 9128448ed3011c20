import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.setup.js';
import { applyMigrations } from '../database/apply-migrations.js';
import type { Environment } from '../env.js';
import { name, version } from '../version.js';
import { developmentSecret } from './development-secret.js';
import { ensureAdministrator } from './first-administrator.js';
import { type OpenDatabase, openDatabase } from './open-database.js';

/** A running service. */
export interface RunningService {
  /** Where it listens, such as `http://localhost:8000`. */
  url: string;
  /** Lets accepted requests finish, then closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts the stand-alone service.
 *
 * @param notice - Is told what a person at the terminal wants to know, a line at a time.
 * @throws {Error} with a sentence that names what is wrong: the database, its tables, the port.
 */
export async function serve(env: Environment, notice: (line: string) => void): Promise<RunningService> {
  const secretKey = env.auth.secretKey ?? (await developmentSecret(env.dataDir, notice));
  const database = await openDatabase(env, notice);
  let app: NestFastifyApplication | undefined;
  const stop = async () => {
    await app?.close();
    await database.close();
  };
  try {
    await migrate(database, env, notice);
    app = await createApp({ ...env, auth: { ...env.auth, secretKey } }, database.db);
    if (env.admin && (await ensureAdministrator(app, env.admin)))
      notice(`Made the administrator ${env.admin.username}`);
    const url = await listen(app, env);
    notice(`${name} ${version}`);
    notice(`  API       ${url}/api/v1`);
    if (env.docs) notice(`  Docs      ${url}/docs`);
    notice(`  Database  ${database.where}`);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In production the tables are changed by a step of its own, on purpose: see `astra migrate`. */
async function migrate(
  { db }: OpenDatabase,
  { production }: Environment,
  notice: (line: string) => void,
): Promise<void> {
  if (production) {
    if (await db.showMigrations())
      throw new Error('The database is not up to date. Run "astra migrate" before the service.');
    return;
  }
  const applied = await applyMigrations(db);
  if (applied.length > 0) notice(`Applied ${applied.length} migrations`);
}

async function listen(app: NestFastifyApplication, { host, port }: Environment): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} is in use. Set PORT to another one, or 0 for any.`, { cause: error });
    if (code === 'EACCES')
      throw new Error(`Port ${port} needs more rights. Set PORT to one above 1023.`, { cause: error });
    throw error;
  }
  const { port: bound } = new URL(await app.getUrl());
  return `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${bound}`;
}
