import type pg from 'pg';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { entities } from './entities.js';
import { migrations } from './migrations.js';
import { databaseClient } from '../database/connections/database-client.js';
import { splitHosts } from '../database/connections/database-hosts.js';
import { NamedSocket } from '../database/connections/named-socket.js';
import { sessionSettings, setUpSession } from '../database/connections/session-settings.js';

/**
 * Returns the options of a DataSource for Astra, with a time limit for every wait. For a host that gives Astra a
 * separate DataSource: `TypeOrmModule.forRoot({ name: 'accounts', ...astraDataSource({ url, schema: 'accounts' }) })`.
 *
 * @param schema - Existing schema of the tables. Default: determined by the search path of the role.
 * @throws {RangeError} unless the schema is a plain name, and each host valid.
 */
export function dataSourceOptions({
  schema,
  directUrl,
  ...connection
}: DatabaseConnection & { schema?: string }): AstraDataSourceOptions {
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new RangeError('schema must consist of a-z, 0-9 and _, and must not start with a digit');
  // Astra's SQL does not qualify tables with a schema. Extensions may be in public.
  const settings = { ...sessionSettings, ...(schema && { search_path: `${schema}, public` }) };
  const { Client, ...first } = reach('url' in connection ? connection.url : '');
  return {
    type: 'postgres',
    ...connection,
    ...('url' in connection && first),
    schema,
    entities,
    migrations,
    migrationsTableName: 'auth_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    // The application generates ids; a service should not try to install extensions.
    installExtensions: false,
    // Makes a host's `@PrimaryGeneratedColumn('uuid')` use `gen_random_uuid()`, which needs no extension.
    uuidExtension: 'pgcrypto',
    applicationName: 'astra',
    poolSize: 10,
    // Also limits the wait of a request for a free connection.
    connectTimeoutMS: 2_000,
    extra: {
      // Runs before a new connection is used.
      onConnect: (client: pg.PoolClient) => setUpSession(client, settings),
      // For a server that does not respond at all and so never applies its own timeouts.
      query_timeout: 8_000,
      keepAlive: true,
      // Fewer new connections, each of which needs a TLS handshake and a slow hash.
      min: 2,
      idleTimeoutMillis: 60_000,
      stream: () => new NamedSocket(),
      Client,
      direct: directUrl && reach(directUrl),
    },
  };
}

/** Returns the URL that the driver accepts, and the class of connections that choose among its hosts. */
function reach(databaseUrl: string): { url: string; Client: typeof pg.Client } {
  const { url, hosts } = splitHosts(databaseUrl);
  return { url, Client: databaseClient(hosts) };
}

/** Return type of {@link dataSourceOptions}. Its lists can be spread, to add the host's own. */
export type AstraDataSourceOptions = Omit<PostgresDataSourceOptions, 'entities' | 'migrations'> & {
  entities: typeof entities;
  migrations: typeof migrations;
};

/**
 * Location of the database: a URL, or its parts. A URL may name several hosts (`postgres://one,two/name`), of which the one
 * that accepts writes is used.
 */
export type DatabaseConnection = (
  | { url: string }
  | {
      host: string;
      port: number;
      username: string;
      password?: string;
      database: string;
      /** Default: no TLS. */
      ssl?: TlsOptions;
    }
) & {
  /**
   * URL of the same database without the pooler, for notifications, the queue and migrations. Default: the same
   * connection.
   */
  directUrl?: string;
};

/** Verification of the server's certificate by Node.js. */
export interface TlsOptions {
  /** Trusted certificates in PEM. Default: those that Node.js trusts. */
  ca?: string;
  rejectUnauthorized?: boolean;
  checkServerIdentity?: () => undefined;
}
