import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../env.js';
import { errorText } from '../../http/problem/error-text.js';
import { databaseAdvice } from '../../service/database-advice.js';
import { type OpenDatabase, visitDatabase } from '../../service/open-database.js';
import { type Check, type DatabaseCheck, type Finding, look, wrong } from './check.js';
import { administratorCheck, queueCheck, secretCheck } from './data-checks.js';
import {
  clockCheck,
  hostMigrationsCheck,
  migrationsCheck,
  noticesCheck,
  retentionCheck,
  rightsCheck,
  serverCheck,
  trigramCheck,
} from './database-checks.js';
import { factorsCheck, passkeysCheck } from './features/factor-checks.js';
import { encodingCheck, hostSessionCheck, poolerCheck, sessionCheck } from './session-checks.js';
import { apiKeysCheck } from './features/api-key-checks.js';
import { namesCheck } from './names-check.js';
import { filesCheck } from './machine-checks.js';
import { mailCheck, redisCheck } from './server-checks.js';
import { webhooksCheck } from './features/webhook-checks.js';
import { proxiesCheck, publicUrlCheck, signingKeysCheck } from './settings-checks.js';

/** All checks that require valid settings. */
export interface Checks {
  checks: Check[];
  /** Closes the database. */
  close(): Promise<void>;
}

/**
 * Returns the checks for the stand-alone service or for a host.
 *
 * @param notice - Called with progress messages.
 */
export function checksOf(env: Environment, notice: (line: string) => void): Checks {
  const opening = openIfThere(env, notice);
  // Prevents an unhandled rejection: the checks that await it report the error.
  opening.catch(() => undefined);
  const secretKey = async () => env.auth.secretKey ?? readIfThere(join(env.dataDir, 'secret-key'));
  const onDatabase = [
    clockCheck,
    encodingCheck,
    env.guest ? hostSessionCheck : sessionCheck,
    poolerCheck,
    env.guest ? hostMigrationsCheck : migrationsCheck(env),
    trigramCheck,
    rightsCheck,
    retentionCheck(env),
    noticesCheck,
    secretCheck(env, secretKey),
    administratorCheck,
    factorsCheck(env, secretKey),
    passkeysCheck(env),
    apiKeysCheck(env),
    webhooksCheck(env, secretKey),
    namesCheck,
    queueCheck,
  ];
  // A host is configured in code, which cannot be inspected from here.
  const ofService = env.guest
    ? []
    : [publicUrlCheck(env), proxiesCheck(env), filesCheck(env), signingKeysCheck(env, secretKey)];
  return {
    checks: [
      ...ofService,
      { name: 'Database', run: () => checkServer(opening, env) },
      ...onDatabase.map((check) => ({ name: check.name, run: () => runIfThere(check, opening) })),
      ...(env.guest ? [] : [redisCheck(env), mailCheck(env)]),
    ],
    close: () =>
      opening.then(
        (database) => database?.close(),
        () => undefined,
      ),
  };
}

/**
 * Opens the database. Starts the embedded server if it has data, but never creates any.
 *
 * @returns `undefined` if there is no data yet.
 */
async function openIfThere(
  env: Environment,
  notice: (line: string) => void,
): Promise<OpenDatabase | undefined> {
  if ('embedded' in env.database && !(await exists(join(env.dataDir, 'postgres')))) return undefined;
  return visitDatabase(env, notice);
}

/** Reports the connection itself; all checks of the database depend on it. */
async function checkServer(opening: Promise<OpenDatabase | undefined>, env: Environment): Promise<Finding> {
  let database: OpenDatabase | undefined;
  try {
    database = await opening;
  } catch (error) {
    return wrong(`not available: ${errorText(error)}`, databaseAdvice(error, env));
  }
  if (!database) return look(`no data in ${env.dataDir} yet`, 'The first start creates it: npm start');
  return serverCheck(database.db, database.where);
}

/**
 * Runs a check of the database.
 *
 * @returns `undefined` if the database, a table or a privilege is missing, which other checks report.
 */
async function runIfThere(
  check: DatabaseCheck,
  opening: Promise<OpenDatabase | undefined>,
): Promise<Finding | undefined> {
  const database = await opening.catch(() => undefined);
  if (!database) return undefined;
  try {
    return await check.run(database.db);
  } catch (error) {
    // undefined_table, invalid_schema_name, insufficient_privilege
    if (['42P01', '3F000', '42501'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  return (await exists(path)) ? readFile(path, 'utf8') : undefined;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
