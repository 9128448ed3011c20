import pg from 'pg';
import { sessionSettings, setUpSession } from '../../database/connections/session-settings.js';

/** Row of the original's `auth_users`, unchanged. */
export interface FastApiRow {
  id: number;
  username: string;
  email: string;
  role: string;
  hashed_password: string;
  is_active: boolean;
  /** In ISO 8601, UTC, with microseconds. */
  created_at: string;
  updated_at: string;
}

const COLUMNS = [
  'id',
  'username',
  'email',
  'role',
  'hashed_password',
  'is_active',
  'created_at',
  'updated_at',
] as const;

const text = (column: string) => `coalesce(${column}::text, '') AS ${column}`;
const time = (column: string) =>
  `to_char(coalesce(${column}, now())::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${column}`;

/** The role may be text or the enum `userrole`. Columns are NULL only if somebody changed the table. */
const READ = `
  SELECT id::float8, ${['username', 'email', 'role', 'hashed_password'].map(text).join(', ')},
         coalesce(is_active, false) AS is_active, ${['created_at', 'updated_at'].map(time).join(', ')}
    FROM auth_users
   WHERE $1::bigint IS NULL OR id > $1
   ORDER BY id
   LIMIT $2`;

/** Time limit in seconds for reading a batch. */
const PATIENCE = 60;

/** Database of the FastAPI service, read in one read-only transaction with a consistent snapshot. */
export class FastApiSource {
  private constructor(private readonly client: pg.Client) {}

  /**
   * Connects, and checks that the database contains the users of the FastAPI service.
   *
   * @param url - In the format of the driver, or of SQLAlchemy: `postgresql+asyncpg://…`.
   * @throws {Error} without the password, if the database is not available, or is not that of the FastAPI service.
   */
  static async open(url: string): Promise<FastApiSource> {
    const connectionString = url.replace(/^(postgres(?:ql)?)\+\w+:/, '$1:');
    if (!/^postgres(ql)?:\/\//.test(connectionString) || !URL.canParse(connectionString))
      throw new Error('--from must be a URL such as postgresql://user@host:5432/database.');
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: 10_000,
      query_timeout: PATIENCE * 1000,
      application_name: 'astra-import-fastapi',
    });
    // The next query reports a lost connection.
    client.on('error', () => undefined);
    const source = new FastApiSource(client);
    try {
      await client.connect();
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // For the transaction only: behind a pooler, the connection may be assigned to others afterwards.
      const limits = {
        statement_timeout: `${PATIENCE}s`,
        idle_in_transaction_session_timeout: '0',
        transaction_timeout: '0',
      };
      await setUpSession(client, { ...sessionSettings, ...limits }, { isLocal: true });
      await source.check();
      return source;
    } catch (error) {
      await source.close();
      throw SourceError.of(error);
    }
  }

  /** Location for display, without credentials. */
  get where(): string {
    const { host, port, database } = this.client;
    return `${database} at ${host}:${port}`;
  }

  /** Counts the users for the progress display. */
  async count(): Promise<number> {
    const [{ count }] = await this.query<{ count: number }>(
      'SELECT count(*)::float8 AS count FROM auth_users',
    );
    return count;
  }

  /** Reads all users ordered by id, in batches. */
  async *read(batchSize: number): AsyncGenerator<FastApiRow[]> {
    for (let last: number | null = null; ;) {
      const rows: FastApiRow[] = await this.query(READ, [last, batchSize]);
      if (rows.length > 0) yield rows;
      if (rows.length < batchSize) return;
      last = rows[rows.length - 1].id;
    }
  }

  /** Disconnects. A connection that is already lost is no error, because everything was read. */
  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  /** Checks the columns: Astra's own table has the same name and must not be mistaken for the original's. */
  private async check(): Promise<void> {
    const columns = await this.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
        WHERE attrelid = to_regclass('auth_users') AND attnum > 0 AND NOT attisdropped`,
    );
    if (columns.length === 0)
      throw new SourceError("it has no table auth_users. Is it the FastAPI service's?");
    const id = columns.find(({ name }) => name === 'id');
    if (id?.type === 'uuid')
      throw new SourceError(
        'its table auth_users belongs to Astra. Specify the database of the FastAPI service.',
      );
    const missing = COLUMNS.filter((column) => !columns.some(({ name }) => name === column));
    if (missing.length > 0)
      throw new SourceError(
        `its auth_users lacks ${missing.join(', ')}. Run "alembic upgrade head" there first.`,
      );
  }

  private async query<T extends object>(sql: string, values?: unknown[]): Promise<T[]> {
    try {
      return (await this.client.query<T>(sql, values)).rows;
    } catch (error) {
      throw SourceError.of(error);
    }
  }
}

/** The database of the FastAPI service cannot be read. Messages of the driver contain no password. */
class SourceError extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`The database of --from cannot be read: ${reason}`, { cause });
  }

  /** Wraps an error of the driver, unless it already has this form. */
  static of(error: unknown): SourceError {
    if (error instanceof SourceError) return error;
    const { message } = error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error);
    return new SourceError(`${message}.`, error);
  }
}
