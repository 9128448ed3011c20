import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Page } from './page.js';

/** Rows that are counted one by one; above it, a count would take longer than the page itself. */
const COUNTED_UP_TO = 1_000;
/** Where the planner expects so many rows, they are too many to count even if it errs. */
const EXPECTED_BEYOND = 2 * COUNTED_UP_TO;

/**
 * Counts what a query finds: exactly up to 1000, and by the planner's statistics above it.
 *
 * @param options.counted - Another query for the same rows, if one suits the counting and the other the planner.
 */
export async function countRows<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  { counted: counter = query } = {},
): Promise<Pick<Page<T>, 'total' | 'totalIsEstimate'>> {
  const expected = await expectRows(query);
  if (expected > EXPECTED_BEYOND) return { total: expected, totalIsEstimate: true };
  const counted = await countUpTo(COUNTED_UP_TO, counter);
  if (counted !== null) return { total: counted, totalIsEstimate: false };
  return { total: Math.max(expected, COUNTED_UP_TO + 1), totalIsEstimate: true };
}

/** @returns how many rows a query finds; `null` if more than `most`. */
async function countUpTo<T extends ObjectLiteral>(
  most: number,
  query: SelectQueryBuilder<T>,
): Promise<number | null> {
  const [sql, parameters] = withoutColumns(query);
  const [{ counted }]: [{ counted: number }] = await query.dataSource.query(
    `SELECT count(*)::int AS counted FROM (${sql} LIMIT ${most + 1}) AS found`,
    parameters,
  );
  return counted > most ? null : counted;
}

/** @returns how many rows the planner expects a query to find. */
export async function expectRows<T extends ObjectLiteral>(query: SelectQueryBuilder<T>): Promise<number> {
  const [sql, parameters] = withoutColumns(query);
  const [{ 'QUERY PLAN': plan }]: [{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }] =
    await query.dataSource.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
  return plan[0].Plan['Plan Rows'];
}

function withoutColumns<T extends ObjectLiteral>(query: SelectQueryBuilder<T>) {
  return query.clone().select('1', 'one').orderBy().getQueryAndParameters();
}
