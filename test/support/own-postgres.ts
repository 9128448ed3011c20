import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { applyMigrations } from '../../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { PostgresPrograms } from '../../src/database/embedded/postgres-programs.js';
import type { Connection } from './test-database.js';

/** Migrated Postgres of one test, which can crash and be stopped. It keeps its port and its data. */
export class OwnPostgres {
  private constructor(
    private readonly dir: string,
    private readonly programs: PostgresPrograms,
    readonly connection: Connection,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const dir = await mkdtemp(join(tmpdir(), 'astra-own-postgres-'));
    await chmod(dir, 0o755);
    const programs = await PostgresPrograms.find(dir);
    const passwordFile = join(dir, 'password');
    await writeFile(passwordFile, 'secret');
    const own = new OwnPostgres(dir, programs, {
      host: '127.0.0.1',
      port: 0,
      username: 'postgres',
      password: 'secret',
      database: 'postgres',
    });
    await programs.own(dir);
    await programs.initdb(own.folder, passwordFile, '--no-sync');
    await programs.start(own.folder, {});
    own.connection.port = (await programs.findPort(own.folder)) ?? 0;
    await applyMigrations(new DataSource(dataSourceOptions(own.connection)));
    return own;
  }

  private get folder(): string {
    return join(this.dir, 'data');
  }

  /** Ends it as a crash would; what was committed is there when it is back. */
  crash(): Promise<void> {
    return this.programs.stop(this.folder, 'immediate');
  }

  async comeBack(): Promise<void> {
    await this.programs.start(this.folder, { port: this.connection.port });
  }

  /** Starts it anew with other settings, and with files beside its data. */
  async configure(settings: Record<string, string>, files: Record<string, Buffer> = {}): Promise<void> {
    await this.programs.stop(this.folder);
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.folder, name);
      await writeFile(path, content, { mode: 0o600 });
      await this.programs.own(path);
    }
    await this.programs.start(this.folder, { ...settings, port: this.connection.port });
  }

  async remove(): Promise<void> {
    if ((await this.programs.findPort(this.folder)) !== null) await this.crash();
    await rm(this.dir, { recursive: true });
  }
}
