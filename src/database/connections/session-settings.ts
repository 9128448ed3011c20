import type pg from 'pg';

/**
 * What the code relies on in each session, whatever role, database and server have as their defaults (PostgreSQL
 * manual, 19.11). What is meant to be the operator's is not among them, such as `synchronous_commit` and
 * `default_transaction_read_only`. A value is as Postgres shows it.
 */
export const sessionSettings = {
  // No wait is without an end.
  statement_timeout: '5s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '10s',
  // The pool closes what is idle by itself; a connection that the server closes may be in somebody's hand already.
  idle_session_timeout: '0',
  // Races are decided by row locks and conditional statements, which see what others have committed.
  default_transaction_isolation: 'read committed',
  // How Postgres writes what the driver, and we, read back.
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // How it reads our SQL.
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  row_security: 'on',
} as const;

/** How long a new connection may take to take them on, in ms. */
const PATIENCE = 2_000;

/**
 * Sets a session up, in one round trip. Not by parameters of the connection's start, which poolers refuse or drop.
 *
 * @param settings - Those that the server does not know are left out.
 * @param isLocal - For the transaction at hand only.
 */
export async function setUpSession(
  client: pg.ClientBase,
  settings: Record<string, string>,
  { isLocal = false, patience = PATIENCE } = {},
): Promise<void> {
  const query: pg.QueryConfig & { query_timeout: number } = {
    text: `SELECT set_config(name, value, $3)
             FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
            WHERE current_setting(name, true) IS NOT NULL`,
    values: [Object.keys(settings), Object.values(settings), isLocal],
    query_timeout: patience,
  };
  await client.query(query);
}
