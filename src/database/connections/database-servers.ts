import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { ReadOnlyError } from '../primary.js';
import { type DatabaseHost, nameOf } from './database-hosts.js';

/** Time limit in ms for a server to accept a connection. */
const PATIENCE = 1_500;
/** Time in ms to wait for other servers that accept writes as well, once there is one. */
const FOR_OTHERS = 200;
/** Interval in ms between failed searches. */
const PAUSE = 200;

/** Connection of a pool, which is closed once its server is no longer the primary. */
export interface ServerClient extends pg.Client {
  /** Closes the connection, for its pool to open another one. */
  retire(): void;
}

/** Value of a server that runs as a replica, or whose database is read-only. It is reported without a query. */
const READ_ONLY = new Set(['in_hot_standby', 'default_transaction_read_only']);

/** Calls a function if the server of a new connection reports that it does not accept writes. */
export function onReadOnly({ connection }: pg.Client, found: () => void): void {
  connection.on(
    'parameterStatus',
    ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) => {
      if (READ_ONLY.has(parameterName) && parameterValue === 'on') found();
    },
  );
}

/**
 * Servers of one database, one of which accepts writes: the primary. Finds out which, again after each failure, and
 * closes the connections to all others.
 */
export class DatabaseServers {
  private readonly logger = new Logger('Database');
  private readonly clients = new Map<ServerClient, DatabaseHost>();
  private primary?: DatabaseHost;
  private searching?: Promise<DatabaseHost>;
  private last?: DatabaseHost;

  /** @param hosts - Several; with none, there is nothing to choose, and all methods do nothing. */
  constructor(private readonly hosts: readonly DatabaseHost[]) {}

  /**
   * Returns the primary. One search at a time serves all who ask.
   *
   * @param config - Options of the connections that search.
   * @returns `undefined` if there is nothing to choose.
   * @throws {AggregateError} with the reason of each server, if none accepts writes.
   */
  async find(config: pg.ClientConfig): Promise<DatabaseHost | undefined> {
    if (this.hosts.length === 0) return undefined;
    this.searching ??= this.search(config);
    return this.primary ?? this.searching;
  }

  /** Notes a connection to the primary. */
  add(client: ServerClient, host: DatabaseHost): void {
    this.clients.set(client, host);
    client.once('end', () => this.clients.delete(client));
  }

  /** Searches for the primary again, because a connection failed, broke, is read-only or does not respond. */
  suspect(config: pg.ClientConfig): void {
    if (!this.primary) return;
    this.primary = undefined;
    this.searching = undefined;
    // If it fails, the next connection searches again.
    this.find(config).catch(() => undefined);
  }

  /** Finds the primary. If it has changed, closes connections to the last one, which may still be open. */
  private async search(config: pg.ClientConfig): Promise<DatabaseHost> {
    try {
      const primary = await this.choose(config);
      this.primary = primary;
      if (this.last && this.last !== primary)
        this.logger.warn(`The primary of the database is ${nameOf(primary)} now`);
      this.last = primary;
      for (const [client, host] of this.clients) if (host !== primary) client.retire();
      return primary;
    } catch (error) {
      setTimeout(() => (this.searching = undefined), PAUSE).unref();
      throw error;
    }
  }

  /** Connects to all servers, and chooses the one that accepts writes. */
  private async choose(config: pg.ClientConfig): Promise<DatabaseHost> {
    const writable = new Map<DatabaseHost, pg.Client>();
    const probes = this.hosts.map(async (host) => {
      const client = await connectTo(host, config);
      writable.set(host, client);
    });
    const all = Promise.allSettled(probes);
    try {
      await Promise.any(probes);
      await Promise.race([all, sleep(FOR_OTHERS)]);
      return writable.size === 1 ? [...writable.keys()][0] : await this.newest(writable);
    } finally {
      void all.then(() =>
        [...writable.values()].forEach((client) => void client.end().catch(() => undefined)),
      );
    }
  }

  /**
   * Chooses among servers that all accept writes. Each promotion starts a new timeline, so one with a lower timeline is a
   * former primary that has come back. Those with the same timeline lead to the same server, like two poolers.
   */
  private async newest(writable: ReadonlyMap<DatabaseHost, pg.Client>): Promise<DatabaseHost> {
    const timelines = new Map<DatabaseHost, string>();
    for (const [host, client] of writable) timelines.set(host, await timelineOf(client));
    const newest = [...timelines.values()].sort().at(-1);
    const former = [...timelines].filter(([, timeline]) => timeline !== newest).map(([host]) => host);
    if (former.length > 0)
      this.logger.error(
        `${former.map(nameOf).join(' and ')} was the primary of the database, and still accepts writes, which are lost: stop it.`,
      );
    return this.hosts.find((host) => timelines.get(host) === newest) as DatabaseHost;
  }
}

/** Returns the timeline of a primary; the empty string if the server, which may only be compatible with Postgres, has none. */
async function timelineOf(client: pg.Client): Promise<string> {
  const query = 'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline';
  const { rows } = await client.query<{ timeline: string }>(query).catch(() => ({ rows: [] }));
  return rows[0]?.timeline ?? '';
}

/**
 * Connects to one server.
 *
 * @throws {ReadOnlyError} if it does not accept writes.
 */
async function connectTo({ host, port }: DatabaseHost, config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({
    ...config,
    password: config.password,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  // Those of the URL are the first ones.
  Object.assign(client, { host, port });
  let isReadOnly = false;
  onReadOnly(client, () => (isReadOnly = true));
  client.on('error', () => undefined);
  await client.connect();
  if (!isReadOnly) return client;
  await client.end();
  throw new ReadOnlyError();
}
