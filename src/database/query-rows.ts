import type { DataSource, EntityManager } from 'typeorm';
import { keepsForReads } from './connections/kept-for-reads.js';

/**
 * Runs a statement and returns its rows. TypeORM returns [rows, count] for UPDATE and DELETE, but only rows otherwise.
 */
export async function queryRows<T>(tx: EntityManager, sql: string, parameters: unknown[]): Promise<T[]> {
  const result: T[] | [T[], number] = await tx.query(sql, parameters);
  return Array.isArray(result[0]) ? result[0] : (result as T[]);
}

/** Runs a statement that only reads, and returns its rows; it may use the connections that are kept for reads. */
export async function readRows<T>(db: DataSource, sql: string, parameters: unknown[] = []): Promise<T[]> {
  // Of a host's DataSource, the replica may be behind.
  const runner = db.createQueryRunner(keepsForReads(db) ? 'slave' : 'master');
  try {
    return await db.query<T[]>(sql, parameters, runner);
  } finally {
    await runner.release();
  }
}
