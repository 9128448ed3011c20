import pg from 'pg';

/** Before it is moved, and after it was reset, the time is that of the machine. */
const RealDate = Date;

/**
 * Comes before `pg_catalog` in the search path of the database, so that what is called `now()` there is this one.
 * Tables are still made in `public`, which is first.
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
 * The time, for all that expires: `Date` in this process, and `now()` and `clock_timestamp()` in the test database.
 * Timers run as before, and so does the guard that keeps audit events from being changed. It is the clock of the whole
 * process, so one kit at a time moves it. A host that keeps the accounts in a `schema` of their own has another search
 * path, and there only `Date` moves.
 */
export class TestClock {
  private shift = 0;

  private constructor(private readonly databaseUrl: string) {}

  /** Gives a new database its clock. Tables that are made later take their defaults from it. */
  static async setUp(databaseUrl: string): Promise<TestClock> {
    const name = pg.escapeIdentifier(decodeURIComponent(new URL(databaseUrl).pathname.slice(1)));
    const path = 'public, astra_clock, pg_catalog';
    await runSql(databaseUrl, `${SET_UP}; ALTER DATABASE ${name} SET search_path = ${path}`);
    return new TestClock(databaseUrl);
  }

  /** Moves the time on, or back where `seconds` is negative. */
  async advance(seconds: number): Promise<void> {
    await this.moveTo(this.shift + seconds * 1000);
  }

  /** Makes the time that of the machine again. */
  async reset(): Promise<void> {
    if (this.shift !== 0) await this.moveTo(0);
  }

  private async moveTo(shift: number): Promise<void> {
    const interval = `make_interval(secs => ${shift / 1000})`;
    await runSql(this.databaseUrl, `UPDATE astra_clock.shift SET by = ${interval}`);
    this.shift = shift;
    globalThis.Date = shift === 0 ? RealDate : shiftedDate(shift);
  }
}

/** `Date` in all but what time it is. Dates made by the one are instances of the other. */
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
