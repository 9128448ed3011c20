import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Page } from './page.js';

/** Rows that are counted one by one; above it, a count would take longer than the page itself. */
const COUNTED_UP_TO = 10_000;

/** Counts what a query finds: exactly up to 10 000, and by the planner's statistics above it. */
export async function countRows<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
): Promise<Pick<Page<T>, 'total' | 'totalIsEstimate'>> {
  const rows = query.clone().select('1', 'one').orderBy();
  const [sql, parameters] = rows.getQueryAndParameters();
  const { manager } = query.dataSource;
  const [{ counted }]: [{ counted: number }] = await manager.query(
    `SELECT count(*)::int AS counted FROM (${sql} LIMIT ${COUNTED_UP_TO + 1}) AS found`,
    parameters,
  );
  if (counted <= COUNTED_UP_TO) return { total: counted, totalIsEstimate: false };

  const [{ 'QUERY PLAN': plan }]: [{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }] =
    await manager.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
  return { total: Math.max(counted, plan[0].Plan['Plan Rows']), totalIsEstimate: true };
}
