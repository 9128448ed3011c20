import pg from 'pg';
import type { DataSource } from 'typeorm';

/** Options of a connection, with the hook that configures each new session. */
type ConnectionOptions = pg.ClientConfig & {
  onConnect?: (client: pg.ClientBase) => unknown;
  Client?: typeof pg.Client;
  direct?: DirectConnection;
};

/** Way to the database without the pooler. */
export interface DirectConnection {
  url: string;
  Client: typeof pg.Client;
}

/** Returns the connection pool of a DataSource, which TypeORM does not expose. */
export function poolOf({ driver }: DataSource): pg.Pool {
  return (driver as unknown as { master: pg.Pool }).master;
}

/** Returns the options for a further connection to the same database, without a pooler if possible. */
export function connectionOptions(db: DataSource): ConnectionOptions {
  const { options } = poolOf(db) as pg.Pool & { options: ConnectionOptions };
  const { direct } = options;
  return {
    ...options,
    // Not enumerable, so the spread does not copy it.
    password: options.password,
    ...(direct && { connectionString: direct.url, Client: direct.Client }),
  };
}

/** Returns a further connection to the same database, to be connected, without a pooler if possible. */
export function newClient(db: DataSource, overrides: pg.ClientConfig): pg.Client {
  const options = connectionOptions(db);
  return new (options.Client ?? pg.Client)({ ...options, password: options.password, ...overrides });
}
