import { DataSource, type DataSourceOptions } from 'typeorm';
import { seedUsers } from '../src/commands/seed/seed.js';
import { withoutTimeouts } from '../src/database/connections/without-timeouts.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import type { ServerProcess } from './server-process.js';
import type { Stage } from './stage.js';

/** The admin beside the users of {@link startPopulated}. */
export const ADMIN = { username: 'root', password: 'Analytical1' };

/**
 * Starts the service on a database with a number of users, and an admin.
 *
 * @param env - Additional settings.
 * @returns it, with options for one more connection that is never released.
 */
export async function startPopulated(
  stage: Stage,
  size: number,
  env: Record<string, string>,
  notice: (line: string) => void,
): Promise<{ server: ServerProcess; options: DataSourceOptions }> {
  const url = await stage.makeDatabase(`astra_bench_${size}`);
  // Created before the other users, while there is no admin yet.
  const server = await stage.startAstra([], {
    DATABASE_URL: url,
    ADMIN_USERNAME: ADMIN.username,
    ADMIN_EMAIL: 'root@example.com',
    ADMIN_PASSWORD: ADMIN.password,
    ...env,
  });
  const connection = dataSourceOptions({ url });
  const options = {
    ...connection,
    poolSize: 1,
    extra: { ...(connection.extra as object), idleTimeoutMillis: 0 },
  };
  const [{ made }] = await stage.query<{ made: boolean }>(
    'SELECT EXISTS (SELECT FROM auth_users LIMIT 1 OFFSET $1) AS made',
    [size - 1],
    url,
  );
  if (made) return { server, options };
  const begin = performance.now();
  await withoutTimeouts(new DataSource(options), (db) =>
    seedUsers(db, { count: size, seed: 1, passwordHash: null }, { notice }),
  );
  notice(`${size} users, made in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  return { server, options };
}
