import type { Environment } from '../env.js';
import { macOf } from '../keys/mac.js';
import type { DatabaseConnection } from '../schema/data-source-options.js';
import type { ServiceRole } from './service-role.js';

/** Is told what a person who waits wants to know, a line at a time. */
export type Notice = (line: string) => void;

/** The server that the service's database is on. */
export interface DatabaseServer {
  /** Who owns the tables, and where they are. */
  owner: DatabaseConnection & { schema?: string };
  /** `undefined`: the service is the owner. */
  serviceRole?: ServiceRole;
  isEmbedded: boolean;
  /** For people; without credentials. */
  where: string;
  /** Shuts the embedded server down if nobody else uses it; does nothing to another. */
  stop(): Promise<void>;
}

/** Starts the embedded server, or does nothing where another one is named. */
export async function reachServer(
  { database: named, dataDir, serviceRole, guest }: Environment,
  notice: Notice,
): Promise<DatabaseServer> {
  if (!('embedded' in named)) {
    const where = 'host' in named ? `${named.host}:${named.port}` : new URL(named.url).host;
    return {
      owner: { ...named, schema: guest?.schema },
      serviceRole,
      isEmbedded: false,
      where,
      stop: () => Promise.resolve(),
    };
  }
  // A development dependency: where a server is named, it need not be there.
  const { EmbeddedPostgres } = await import('../database/embedded/embedded-postgres.js');
  const server = await EmbeddedPostgres.start({ dataDir, notice });
  try {
    await server.createDatabaseIfMissing(named.database);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { host, port, user: username, password } = server;
  // Made of the owner's, so that all processes that share the server know it.
  const ofService = macOf('service', password).toString('base64url');
  return {
    owner: { host, port, username, password, database: named.database },
    serviceRole: serviceRole ?? { username: embeddedRole(named.database), password: ofService },
    isEmbedded: true,
    where: `embedded Postgres, data in ${dataDir}`,
    stop: () => server.stop(),
  };
}

/** Of each database one of its own, which are a server's; for `astra` it is `astra_service`. */
function embeddedRole(database: string): string {
  return `${database.slice(0, 50)}_service`;
}

/** The connection that the service itself uses. */
export function asService({ owner, serviceRole }: DatabaseServer): DatabaseServer['owner'] {
  if (!serviceRole) return owner;
  if (!('url' in owner)) return { ...owner, ...serviceRole };
  const url = new URL(owner.url);
  url.username = encodeURIComponent(serviceRole.username);
  url.password = encodeURIComponent(serviceRole.password ?? '');
  return { ...owner, url: url.href };
}
