import type { Socket } from 'node:net';
import pg from 'pg';
import { ReadOnlyError } from '../primary.js';
import type { DatabaseHost } from './database-hosts.js';
import { DatabaseServers, onReadOnly, type ServerClient } from './database-servers.js';

/** SQLSTATE of a write on a server that is, or has become, read-only. */
const READ_ONLY = '25006';

type Connected = (error?: Error | null) => void;

/**
 * Returns the class of the connections to a database, for `Client` in the options of a pool. They connect to the server
 * that accepts writes, and are not used again once it no longer does.
 *
 * @param hosts - Servers of the database, if there are several.
 */
export function databaseClient(hosts: readonly DatabaseHost[]): typeof pg.Client {
  const servers = new DatabaseServers(hosts);

  return class DatabaseClient extends pg.Client implements ServerClient {
    private readonly config: pg.ClientConfig;
    private isReadOnly = false;
    private isEnding = false;
    /** Bytes that were written when the server had answered everything. */
    private answered = 0;

    constructor(config: pg.ClientConfig = {}) {
      super(config);
      this.config = config;
      onReadOnly(this, () => (this.isReadOnly = true));
      // The code that uses it hears from its queries. Without a listener, such as between two users, an error would end the
      // process.
      this.on('error', () => undefined);
      this.connection
        .on('readyForQuery', () => (this.answered = this.socket.bytesWritten))
        .on('errorMessage', ({ code }: { code?: string }) => {
          // The sender of the statement gets its error first.
          if (code === READ_ONLY) setImmediate(() => this.lose());
        });
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | void {
      const reached = this.reach();
      if (!callback) return reached.then(() => this);
      // An error that it throws is not one of the connection.
      const call = (error: Error | null) => process.nextTick(callback, error);
      reached.then(() => call(null), call);
      return undefined;
    }

    override end(): Promise<void>;
    override end(callback: Connected): void;
    override end(callback?: Connected): Promise<void> | void {
      this.isEnding = true;
      return callback ? super.end(callback) : super.end();
    }

    /** Closes the connection. Its pool, or the code that uses it, drops it because of the error. */
    retire(): void {
      if (this.isEnding) return;
      void this.end().catch(() => undefined);
      this.emit('error', new ReadOnlyError());
    }

    /** Connects to the primary. */
    private async reach(): Promise<void> {
      const primary = await servers.find(this.config);
      if (primary) Object.assign(this, { host: primary.host, port: primary.port });
      // The pool has given up.
      if (this.socket.destroyed) throw new Error('Connection terminated due to connection timeout');
      try {
        await super.connect();
      } catch (error) {
        servers.suspect(this.config);
        throw error;
      }
      this.watch();
      if (!primary) return;
      servers.add(this, primary);
      if (!this.isReadOnly) return;
      this.lose();
      throw new ReadOnlyError();
    }

    /**
     * Notices that the server ends the connection, or leaves a query unanswered for nearly `query_timeout`. The latter
     * may also be a commit that waits for a replica, so the connection is only closed if another server is the primary.
     */
    private watch(): void {
      this.once('end', () => {
        if (!this.isEnding) servers.suspect(this.config);
      });
      const { query_timeout: timeout } = this.config;
      const { socket } = this;
      // Counts from the last byte in either direction.
      if (timeout)
        socket.setTimeout(0.9 * timeout, () => {
          if (socket.bytesWritten > this.answered) servers.suspect(this.config);
        });
    }

    /** Closes the connection, and searches for the primary again. */
    private lose(): void {
      this.retire();
      servers.suspect(this.config);
    }

    private get socket(): Socket {
      return this.connection.stream as Socket;
    }
  };
}
