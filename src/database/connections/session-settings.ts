import type pg from 'pg';

/**
 * Settings that the code relies on in every session, regardless of the defaults of role, database and server
 * (PostgreSQL manual, 19.11). Settings that are up to the operator, such as `synchronous_commit` and
 * `default_transaction_read_only`, are not included. Values are written as Postgres displays them.
 */
export const sessionSettings = {
  // Every wait has a limit.
  statement_timeout: '5s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '10s',
  // The pool itself closes idle connections; one that the server closes might be in use already.
  idle_session_timeout: '0',
  // Row locks and conditional statements decide races, so they must see what others have committed.
  default_transaction_isolation: 'read committed',
  // Formats that the driver and this code parse.
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // Interpretation of our SQL.
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  row_security: 'on',
  // For bitmaps of a search among ten million accounts: if they do not fit, Postgres reads and checks all rows of their pages.
  work_mem: '32MB',
  // Queries of requests are short. If the estimate of a search is wrong, starting other processes or compiling takes longer than the search.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
} as const;

/** Time limit in ms for applying the settings to a new connection. */
const PATIENCE = 2_000;

/**
 * Applies settings to a session in one round trip. They are not sent as startup parameters, which poolers reject or
 * drop.
 *
 * @param settings - Names unknown to the server are skipped.
 * @param options.isLocal - For the current transaction only. Default `false`.
 * @param options.patience - Time limit in ms. Default 2000.
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
