import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { AuditChains } from '../src/audit/chains/audit-chains.js';
import { AuditEvent } from '../src/audit/audit-event.entity.js';
import { AuditService } from '../src/audit/audit.service.js';
import { ChainSigner } from '../src/audit/chains/chain-hash.js';
import { ChainRegister } from '../src/audit/chains/chain-register.js';
import { NamedStatements } from '../src/database/named-statements.js';
import { applyMigrations } from '../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { EmbeddedPostgres } from '../src/database/embedded/embedded-postgres.js';
import { cpuTimeOf } from './cpu-time.js';

export const keys = { secretKey: 'a secret key for measurements, long enough', previousSecretKeys: [] };

/** Separate database with the audit service on it, in this process. */
export interface AuditStage {
  db: DataSource;
  audit: AuditService;
  /** CPU time of the database's processes so far, in ms. */
  databaseCpu(): Promise<number>;
  close(): Promise<void>;
}

export async function openAuditStage(): Promise<AuditStage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'astra-bench-'));
  const server = await EmbeddedPostgres.start({ dataDir, ephemeral: true });
  await server.createDatabaseIfMissing('astra_bench');
  const { host, port, user: username, password } = server;
  const options = dataSourceOptions({ host, port, username, password, database: 'astra_bench' });
  await applyMigrations(new DataSource(options));
  const db = await new DataSource({ ...options, extra: {} }).initialize();

  const signer = new ChainSigner(() => keys);
  const chains = new AuditChains(db, new ChainRegister(db, signer), signer, new NamedStatements(db));
  return {
    db,
    audit: new AuditService(db.getRepository(AuditEvent), chains),
    async databaseCpu() {
      const processes: { pid: number }[] = await db.query('SELECT pid FROM pg_stat_activity');
      const nothing = { user: 0, system: 0 }; // of a process that has just ended
      const times = await Promise.all(processes.map(({ pid }) => cpuTimeOf(pid).catch(() => nothing)));
      return times.reduce((sum, { user, system }) => sum + (user + system) * 1000, 0);
    },
    async close() {
      await db.destroy();
      await server.stop();
    },
  };
}
