import pg from 'pg';

/** Clock of the machine, used before a move and after a reset. */
const RealDate = Date;

/**
 * Precedes `pg_catalog` in the search path of the database, so that it replaces `now()`. Tables are still
 * created in `public`, which is first.
 */
const SET_UP = `
  CREATE SCHEMA astra_clock;
  CREATE TABLE astra_clock.shift (by interval NOT NULL);
  INSERT INTO astra_clock.shift VALUES ('0');
  CREATE FUNCTION astra_clock.now() RETURNS timestamptz STABLE LANGUAGE sql
    AS 'SELECT pg_catalog.now() + by FROM astra_clock.shift';
  CREATE FUNCTION astra_clock.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
    AS 'SELECT pg_catalog.clock_timestamp() + by FROM astra_clock.shift'`;

/**
 * Adjustable clock to test expiry: `Date` in this process, and `now()` and `clock_timestamp()` in the test
 * database. Timers, and the trigger that protects audit events, are not affected. It is the clock of the
 * whole process, so only one kit at a time can move it. In a host that keeps the accounts in a separate
 * `schema`, only `Date` moves, because of the search path.
 */
export class TestClock {
  private shift = 0;

  private constructor(private readonly databaseUrl: string) {}

  /** Installs the clock in a new database, before tables are created, so that their defaults use it. */
  static async setUp(databaseUrl: string): Promise<TestClock> {
    const name = pg.escapeIdentifier(decodeURIComponent(new URL(databaseUrl).pathname.slice(1)));
    const path = 'public, astra_clock, pg_catalog';
    await runSql(databaseUrl, `${SET_UP}; ALTER DATABASE ${name} SET search_path = ${path}`);
    return new TestClock(databaseUrl);
  }

  /** Moves the clock forward, or back if `seconds` is negative. */
  async advance(seconds: number): Promise<void> {
    await this.moveTo(this.shift + seconds * 1000);
  }

  /** Resets the clock to that of the machine. */
  async reset(): Promise<void> {
    if (this.shift !== 0) await this.moveTo(0);
  }

  /** Moves both clocks: the database first, so that an error leaves `Date` unchanged. */
  private async moveTo(shift: number): Promise<void> {
    const interval = `make_interval(secs => ${shift / 1000})`;
    await runSql(this.databaseUrl, `UPDATE astra_clock.shift SET by = ${interval}`);
    this.shift = shift;
    globalThis.Date = shift === 0 ? RealDate : shiftedDate(shift);
  }
}

/** Returns a `Date` that differs only in the current time. Dates created by either are instances of both. */
function shiftedDate(shift: number): DateConstructor {
  const now = () => RealDate.now() + shift;
  return new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length > 0 ? args : [now()], newTarget) as Date,
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
}

/** Runs statements on a connection of their own. */
export async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
