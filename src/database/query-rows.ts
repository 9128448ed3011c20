import type { EntityManager } from 'typeorm';

/**
 * Runs a statement and returns its rows. TypeORM returns [rows, count] for UPDATE and DELETE, but only rows otherwise.
 */
export async function queryRows<T>(tx: EntityManager, sql: string, parameters: unknown[]): Promise<T[]> {
  const result: T[] | [T[], number] = await tx.query(sql, parameters);
  return Array.isArray(result[0]) ? result[0] : (result as T[]);
}
