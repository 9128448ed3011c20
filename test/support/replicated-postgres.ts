import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { applyMigrations } from '../../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { DebianPostgres } from './debian-postgres.js';
import { eventually } from './eventually.js';

/** A migrated primary and a replica that follows it, by a way that can be cut. */
export class ReplicatedPostgres {
  private readonly health: Server[] = [];

  private constructor(
    readonly primary: DebianPostgres,
    readonly replica: DebianPostgres,
    /** The way of the replica to the primary. */
    readonly link: CuttableProxy,
  ) {}

  /** @param isSynchronous - Whether each commit waits until the replica has it. */
  static async start({ isSynchronous }: { isSynchronous: boolean }): Promise<ReplicatedPostgres> {
    const primary = await DebianPostgres.start();
    await applyMigrations(new DataSource(dataSourceOptions(primary.connection)));
    const link = await CuttableProxy.to(primary.connection);
    const replica = await primary.startReplica(link.address);
    const both = new ReplicatedPostgres(primary, replica, link);
    await both.follows();
    if (isSynchronous) {
      await primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
      await primary.query('SELECT pg_reload_conf()');
    }
    return both;
  }

  /** Waits until the replica has all that the primary has. */
  async follows(): Promise<void> {
    await eventually(async () => {
      const [row] = await this.primary.query<{ lag: string }>(
        'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS lag FROM pg_stat_replication',
      );
      if (row?.lag !== '0') throw new Error(`The replica is behind by ${row?.lag} bytes`);
    }, 20_000);
  }

  /** `DATABASE_URL` with both. */
  get url(): string {
    const [one, two] = this.servers.map(({ connection }) => `${connection.host}:${connection.port}`);
    return `postgres://postgres:secret@${one},${two}/postgres?target_session_attrs=read-write`;
  }

  get servers(): readonly DebianPostgres[] {
    return [this.primary, this.replica];
  }

  /** Serves on a port for each server whether it is the primary, as Patroni does. */
  async serveHealth(): Promise<number[]> {
    return Promise.all(
      this.servers.map(async (postgres) => {
        const server = createServer((_, response) => {
          postgres.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby').then(
            ([{ standby }]) => response.writeHead(standby ? 503 : 200).end(),
            () => response.writeHead(503).end(),
          );
        });
        this.health.push(server);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return (server.address() as AddressInfo).port;
      }),
    );
  }

  async promote(): Promise<void> {
    await this.replica.query('SELECT pg_promote()');
  }

  async stop(): Promise<void> {
    for (const server of this.health) server.closeAllConnections();
    for (const server of this.health) server.close();
    await this.link.close();
    await this.replica.stop();
    await this.primary.stop();
  }
}
