import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { readRows } from '../database/query-rows.js';
import type { Page } from './page.js';

/** Maximum of rows counted exactly; counting more would take longer than the page itself. */
const COUNTED_UP_TO = 1_000;
/** Planner's estimate above which counting is not attempted, even if the estimate is imprecise. */
const EXPECTED_BEYOND = 2 * COUNTED_UP_TO;

/**
 * Counts the rows of a query: exactly up to 1000, and with the planner's estimate above.
 *
 * @param options.counted - Equivalent query that is faster to count. Default: the same query.
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

/**
 * Counts the rows of a query.
 *
 * @returns `null` if there are more than `most`.
 */
async function countUpTo<T extends ObjectLiteral>(
  most: number,
  query: SelectQueryBuilder<T>,
): Promise<number | null> {
  const [sql, parameters] = withoutColumns(query);
  const [{ counted }] = await readRows<{ counted: number }>(
    query.dataSource,
    `SELECT count(*)::int AS counted FROM (${sql} LIMIT ${most + 1}) AS found`,
    parameters,
  );
  return counted > most ? null : counted;
}

/** Returns the number of rows that the planner expects. */
export async function expectRows<T extends ObjectLiteral>(query: SelectQueryBuilder<T>): Promise<number> {
  const [sql, parameters] = withoutColumns(query);
  const [{ 'QUERY PLAN': plan }] = await readRows<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    query.dataSource,
    `EXPLAIN (FORMAT JSON) ${sql}`,
    parameters,
  );
  return plan[0].Plan['Plan Rows'];
}

/** Removes columns and order from a query, which a count does not need. */
function withoutColumns<T extends ObjectLiteral>(query: SelectQueryBuilder<T>) {
  return query.clone().select('1', 'one').orderBy().getQueryAndParameters();
}
