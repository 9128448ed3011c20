import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { applyMigrations } from '../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { TotpCodes } from '../src/auth/factors/totp/totp-codes.js';
import { AuthSettings } from '../src/settings/auth-settings.js';
import { EmbeddedPostgres } from '../src/database/embedded/embedded-postgres.js';
import { exactCpuTimeOf } from './cpu-time.js';
import type { Feat, HandWrittenOptions } from './hand-written.js';
import { ServerProcess } from './server-process.js';

const USERS = 4;
const SESSIONS_PER_USER = 16;
const API = '/api/v1';

/** Settings of a server that is not ephemeral, which has them anyway. */
const WITHOUT_WAITING = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Table of a team that needs only refresh tokens. */
const REFRESH_TABLE = `CREATE TABLE bench_sessions (
  id uuid PRIMARY KEY, user_id uuid NOT NULL, role text NOT NULL, token_hash bytea NOT NULL,
  last_used_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL)`;

/** Tokens of a sign-in. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Servers to compare, all on one Postgres, and some users. */
export class Stage {
  private readonly servers: ServerProcess[] = [];
  readonly secretKey = randomBytes(48).toString('base64');
  private databaseUrl: string;
  private postgres?: EmbeddedPostgres;
  private readonly users: Record<string, object> = {};
  /** Tokens of Astra's sessions. */
  readonly tokens: Tokens[] = [];

  private constructor(
    private readonly folder: string,
    private readonly isKept: boolean,
  ) {}

  /** @param kept - Folder for all data, which is not removed. Default: one that is. */
  static async open(kept?: string): Promise<Stage> {
    return new Stage(kept ? resolve(kept) : await mkdtemp(join(tmpdir(), 'astra-bench-')), Boolean(kept));
  }

  /**
   * Starts Postgres without waiting for the disk, which would take the same time for all.
   *
   * @returns its version.
   */
  async startPostgres(): Promise<string> {
    this.postgres = await EmbeddedPostgres.start({
      dataDir: join(this.folder, 'data'),
      ...(this.isKept ? { settings: WITHOUT_WAITING } : { ephemeral: true }),
    });
    this.databaseUrl = await this.makeDatabase('astra_bench');
    const [{ server_version }] = await this.query<{ server_version: string }>('SHOW server_version');
    await this.query(`DROP TABLE IF EXISTS bench_sessions; ${REFRESH_TABLE}`);
    return server_version;
  }

  /**
   * Creates a database with all tables and no rows.
   *
   * @returns its URL.
   */
  async makeDatabase(database: string): Promise<string> {
    if (!this.postgres) throw new Error('Postgres is not started');
    const { host, port, user, password } = this.postgres;
    await this.postgres.createDatabaseIfMissing(database);
    await applyMigrations(
      new DataSource(dataSourceOptions({ host, port, username: user, password, database })),
    );
    return `postgres://${user}:${password}@${host}:${port}/${database}`;
  }

  /**
   * Starts the built service as in production, except for rate limits.
   *
   * @param nodeOptions - Such as `--cpu-prof`.
   * @param env - Additional settings, or replacements of the usual ones.
   * @param folder - The build as it is shipped, or with each module in a file of its own.
   */
  async startAstra(
    nodeOptions: string[],
    env: Record<string, string> = {},
    folder: 'shipped/src' | 'src' = 'shipped/src',
  ): Promise<ServerProcess> {
    const server = await ServerProcess.start((port) => ({
      args: [...nodeOptions, programAt(`../${folder}/main.js`)],
      env: {
        NODE_ENV: 'production',
        SECRET_KEY: this.secretKey,
        DATABASE_URL: this.databaseUrl,
        DATA_DIR: join(this.folder, 'service'),
        HOST: '127.0.0.1',
        PORT: String(port),
        RATE_LIMIT: 'off',
        ...env,
      },
      // A folder without .env.
      cwd: this.folder,
      logFile: join(this.folder, 'astra.log'),
      readyPath: '/health/ready',
    }));
    this.servers.push(server);
    return server;
  }

  /** Registers users with Astra, and signs each of them in several times. */
  async signPeopleIn({ origin }: ServerProcess): Promise<void> {
    for (let i = 0; i < USERS; i++) {
      const credentials = { username: `person${i}`, password: 'Analytical1' };
      const email = `person${i}@example.com`;
      await post(`${origin}${API}/auth/register`, { ...credentials, email, full_name: 'Ada Lovelace' });
      for (let session = 0; session < SESSIONS_PER_USER; session++) {
        this.tokens.push(await signIn({ origin }, credentials));
      }
      const user = (await showMe(origin, this.tokens[this.tokens.length - 1].access_token)) as { id: string };
      this.users[user.id] = user;
    }
  }

  /**
   * Creates accounts with one password: `plain0` and so on, and as many with an authenticator app, `guarded0` and so on.
   *
   * @returns the secrets of the apps, in Base32.
   */
  async makeAccounts(
    { origin }: ServerProcess,
    { password, count }: { password: string; count: number },
  ): Promise<string[]> {
    const model = { username: 'model', email: 'model@example.com', password };
    await post(`${origin}${API}/auth/register`, model);
    await this.query(
      `INSERT INTO auth_users (id, username, email, email_verified_at, hashed_password)
       SELECT gen_random_uuid(), label || i, label || i || '@example.com', now(), hashed_password
         FROM auth_users, unnest(ARRAY['plain', 'guarded']) AS label, generate_series(0, $1 - 1) AS i
        WHERE username = 'model'`,
      [count],
    );
    const codes = new TotpCodes(new AuthSettings({ secretKey: this.secretKey }));
    const secrets = Array.from({ length: count }, (_, i) => codes.create(`guarded${i}`).secret);
    for (const [i, secret] of secrets.entries()) {
      const id = randomUUID();
      await this.query(
        `INSERT INTO auth_totp (id, user_id, secret_sealed, name, created_at, confirmed_at)
         SELECT $1, id, $2, 'App', now(), now() FROM auth_users WHERE username = $3`,
        [id, codes.seal(secret, id), `guarded${i}`],
      );
    }
    return secrets;
  }

  /** Returns the matches of a pattern in the log of all services so far. */
  async logged(pattern: RegExp): Promise<RegExpMatchArray[]> {
    const log = await readFile(join(this.folder, 'astra.log'), 'utf8');
    return [...log.matchAll(pattern)];
  }

  async startHandWritten(feat: Feat): Promise<ServerProcess> {
    const server = await ServerProcess.start((port) => {
      const { secretKey, databaseUrl, users } = this;
      const options: HandWrittenOptions = { feat, port, secretKey, databaseUrl, users };
      return {
        args: [programAt('./hand-written.js'), JSON.stringify(options)],
        cwd: this.folder,
        logFile: join(this.folder, `${feat}.log`),
        readyPath: '/health',
      };
    });
    this.servers.push(server);
    return server;
  }

  /**
   * Creates as many sessions for the hand-written server as Astra has.
   *
   * @returns their refresh tokens.
   */
  async makeHandWrittenSessions(): Promise<string[]> {
    const [userId] = Object.keys(this.users);
    return Promise.all(
      this.tokens.map(async () => {
        const [id, secret] = [randomUUID(), randomBytes(32).toString('base64url')];
        await this.query(
          `INSERT INTO bench_sessions (id, user_id, role, token_hash, expires_at)
           VALUES ($1, $2, 'user', $3, now() + interval '7 days')`,
          [id, userId, createHash('sha256').update(secret).digest()],
        );
        return `${id}.${secret}`;
      }),
    );
  }

  /** Returns the ids of the processes of Postgres that serve the connections of servers. */
  async backends(): Promise<number[]> {
    const rows = await this.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    return rows.map(({ pid }) => pid);
  }

  /** Stops all servers and removes their files. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.postgres?.stop();
    if (!this.isKept) await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * CPU time of the connections of all services to a database so far, in ms.
   *
   * @param database - Its URL; by default, that of all servers.
   */
  async backendTime(database = this.databaseUrl): Promise<number> {
    const backends = await this.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'astra'`,
      [],
      database,
    );
    const times = await Promise.all(backends.map(({ pid }) => exactCpuTimeOf(pid).catch(() => 0)));
    return times.reduce((sum, time) => sum + time, 0);
  }

  /** @param database - Its URL; by default, that of all servers. */
  async query<Row extends object>(
    sql: string,
    values: unknown[] = [],
    database = this.databaseUrl,
  ): Promise<Row[]> {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }
}

/** Returns the response of a server to `GET /users/me`. */
export async function showMe(origin: string, accessToken: string): Promise<unknown> {
  const answer = await fetch(`${origin}${API}/users/me`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  return answer.json();
}

/** Creates an API key of a signed-in user, and returns its token. */
export async function makeApiKey(origin: string, accessToken: string): Promise<string> {
  const answer = await fetch(`${origin}${API}/users/me/api-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Benchmark', scopes: ['profile:read'] }),
  });
  const { token } = (await answer.json()) as { token?: string };
  if (!token) throw new Error(`No API key was created: status ${answer.status}`);
  return token;
}

export function signIn(
  { origin }: Pick<ServerProcess, 'origin'>,
  credentials: { username: string; password: string },
): Promise<Tokens> {
  return post<Tokens>(`${origin}${API}/auth/login`, credentials);
}

/** Posts JSON. */
export function send(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** @param status - Expected instead of a success. */
export async function post<T>(url: string, body: object, status?: number): Promise<T> {
  const answer = await send(url, body);
  const text = await answer.text();
  if (status === undefined ? !answer.ok : answer.status !== status)
    throw new Error(`${url} answers ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

function programAt(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
