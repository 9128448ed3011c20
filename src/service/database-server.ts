import type { Environment } from '../env.js';
import { placeOf, withCredentials } from '../database/connections/database-hosts.js';
import { macOf } from '../keys/mac.js';
import type { DatabaseConnection } from '../schema/data-source-options.js';
import type { ServiceRole } from './service-role.js';

/** Called with progress messages, one line each. */
export type Notice = (line: string) => void;

/** Database server of the service. */
export interface DatabaseServer {
  /** Connection of the owner of the tables. */
  owner: DatabaseConnection & { schema?: string };
  /** Role of the service; `undefined`: the owner. */
  serviceRole?: ServiceRole;
  isEmbedded: boolean;
  /** Location for display, without credentials. */
  where: string;
  /** Stops the embedded server if nobody else uses it; does nothing for other servers. */
  stop(): Promise<void>;
}

/** Starts the embedded server, unless another server is configured. */
export async function reachServer(
  { database: named, dataDir, serviceRole, guest }: Environment,
  notice: Notice,
): Promise<DatabaseServer> {
  if (!('embedded' in named)) {
    const where = 'host' in named ? `${named.host}:${named.port}` : placeOf(named.url);
    return {
      owner: { ...named, schema: guest?.schema },
      serviceRole,
      isEmbedded: false,
      where,
      stop: () => Promise.resolve(),
    };
  }
  // A development dependency, which need not be installed if a server is configured.
  const { EmbeddedPostgres } = await import('../database/embedded/embedded-postgres.js');
  const server = await EmbeddedPostgres.start({ dataDir, notice });
  try {
    await server.createDatabaseIfMissing(named.database);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { host, port, user: username, password } = server;
  // Derived from the owner's password, so that all processes that share the server know it.
  const ofService = macOf('service', password).toString('base64url');
  return {
    owner: { host, port, username, password, database: named.database },
    serviceRole: serviceRole ?? { username: embeddedRole(named.database), password: ofService },
    isEmbedded: true,
    where: `embedded Postgres, data in ${dataDir}`,
    stop: () => server.stop(),
  };
}

/**
 * Returns the role of a database. Roles belong to the server, so each database has its own; for `astra` it is
 * `astra_service`.
 */
function embeddedRole(database: string): string {
  return `${database.slice(0, 50)}_service`;
}

/** Returns the connection of the service. */
export function asService({ owner, serviceRole }: DatabaseServer): DatabaseServer['owner'] {
  if (!serviceRole) return owner;
  const directUrl = owner.directUrl && withCredentials(owner.directUrl, serviceRole);
  if (!('url' in owner)) return { ...owner, ...serviceRole, directUrl };
  return { ...owner, url: withCredentials(owner.url, serviceRole), directUrl };
}
