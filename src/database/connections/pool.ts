import type pg from 'pg';
import type { DataSource } from 'typeorm';

/** Options of a connection, with the hook that configures each new session. */
type ConnectionOptions = pg.ClientConfig & { onConnect?: (client: pg.ClientBase) => unknown };

/** Returns the connection pool of a DataSource, which TypeORM does not expose. */
export function poolOf({ driver }: DataSource): pg.Pool {
  return (driver as unknown as { master: pg.Pool }).master;
}

/** Returns the options for a further connection to the same database. */
export function connectionOptions(db: DataSource): ConnectionOptions {
  const { options } = poolOf(db) as pg.Pool & { options: ConnectionOptions };
  // Not enumerable, so the spread does not copy it.
  return { ...options, password: options.password };
}
