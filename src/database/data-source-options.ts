import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { entities } from './entities.js';
import { migrations } from './migrations.js';

/** How Astra reaches its database; no wait in it is without an end. */
export function dataSourceOptions(connection: DatabaseConnection): PostgresDataSourceOptions {
  return {
    type: 'postgres',
    ...connection,
    entities,
    migrations,
    migrationsTableName: 'auth_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    // Ids are made by the application; a service should not try to install extensions.
    installExtensions: false,
    applicationName: 'astra',
    poolSize: 10,
    // Also how long a request waits for a free connection.
    connectTimeoutMS: 2_000,
    extra: {
      statement_timeout: 5_000,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 10_000,
      // A server that does not answer at all never gets to its own timeouts.
      query_timeout: 8_000,
      keepAlive: true,
    },
  };
}

/** Where the database is: an URL, or its parts. */
export type DatabaseConnection =
  { url: string } | { host: string; port: number; username: string; password?: string; database: string };
