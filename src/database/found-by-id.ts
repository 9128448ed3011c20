/**
 * Returns SQL of a condition that no index serves, for rows that are found by their id.
 *
 * While a table has no statistics, such as a minute after an import, Postgres takes `deleted_at IS NULL` for rare; and a prepared
 * statement keeps the plan of the table when it was almost empty. It could then read a whole partial index instead of one row.
 */
export function unindexed(condition: string): string {
  return `(${condition}) IS TRUE`;
}
