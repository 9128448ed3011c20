import type pg from 'pg';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { entities } from './entities.js';
import { migrations } from './migrations.js';
import { sessionSettings, setUpSession } from '../database/connections/session-settings.js';

/**
 * How Astra reaches its database; no wait in it is without an end. For a host that gives Astra a DataSource of its own:
 * `TypeOrmModule.forRoot({ name: 'accounts', ...astraDataSource({ url, schema: 'accounts' }) })`.
 *
 * @param schema - Where the tables are; it must be there. Default where the search path of the role leads.
 * @throws {RangeError} unless the schema is a plain name.
 */
export function dataSourceOptions({
  schema,
  ...connection
}: DatabaseConnection & { schema?: string }): AstraDataSourceOptions {
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new RangeError('schema must be a plain name: a-z, 0-9 and _, not a digit first');
  // Our SQL names tables without their schema. Extensions may be in public.
  const settings = { ...sessionSettings, ...(schema && { search_path: `${schema}, public` }) };
  return {
    type: 'postgres',
    ...connection,
    schema,
    entities,
    migrations,
    migrationsTableName: 'auth_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    // Ids are made by the application; a service should not try to install extensions.
    installExtensions: false,
    // A host's `@PrimaryGeneratedColumn('uuid')` then takes `gen_random_uuid()`, which needs none.
    uuidExtension: 'pgcrypto',
    applicationName: 'astra',
    poolSize: 10,
    // Also how long a request waits for a free connection.
    connectTimeoutMS: 2_000,
    extra: {
      // Before a new connection is used by anybody.
      onConnect: (client: pg.PoolClient) => setUpSession(client, settings),
      // A server that does not answer at all never gets to its own timeouts.
      query_timeout: 8_000,
      keepAlive: true,
    },
  };
}

/** What {@link dataSourceOptions} returns: its lists can be spread, for a host to add its own. */
export type AstraDataSourceOptions = Omit<PostgresDataSourceOptions, 'entities' | 'migrations'> & {
  entities: typeof entities;
  migrations: typeof migrations;
};

/** Where the database is: an URL, or its parts. */
export type DatabaseConnection =
  | { url: string }
  | {
      host: string;
      port: number;
      username: string;
      password?: string;
      database: string;
      /** Default no TLS. */
      ssl?: TlsOptions;
    };

/** How Node checks the server's certificate. */
export interface TlsOptions {
  /** Certificates in PEM that are trusted; default those that Node trusts. */
  ca?: string;
  rejectUnauthorized?: boolean;
  checkServerIdentity?: () => undefined;
}
