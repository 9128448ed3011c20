import { hash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { asWrite } from './connections/kept-for-reads.js';
import { poolOf } from './connections/pool.js';
import { databaseErrorCode } from '../http/problem/database-errors.js';

/** Prepared statement, planned once per connection. Planning can take longer than executing. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * Defines a prepared statement. Its name contains a digest of the SQL, because behind a pooler the connection may still
 * know the statement of another version of Astra.
 *
 * @param name - A word or two, as shown in `pg_prepared_statements`.
 */
export function namedStatement(name: string, text: string): NamedStatement {
  const digest = hash('sha256', text).slice(0, 12);
  return { name: `astra-${name}-${digest}`, text };
}

/** Behind some poolers, connections forget prepared statements, or already know a new one. */
const isNameLost = (error: unknown) => ['26000', '42P05'].includes(databaseErrorCode(error));

/**
 * Runs prepared statements. Falls back to unprepared ones as soon as a pooler turns out not to keep them: one that
 * assigns connections per transaction without support for prepared statements, such as PgBouncer in transaction mode
 * before 1.21, or with `max_prepared_statements = 0`.
 */
@Injectable()
export class NamedStatements implements OnApplicationBootstrap {
  private readonly logger = new Logger(NamedStatements.name);
  private areKept = true;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /**
   * Executes a statement directly on a connection, since TypeORM does not support prepared statements.
   *
   * @param tx - Default: outside a transaction.
   */
  async query<T extends pg.QueryResultRow>(
    { name, text }: NamedStatement,
    values: unknown[],
    tx?: EntityManager,
  ): Promise<pg.QueryResult<T>> {
    const connection = tx ? ((await tx.queryRunner?.connect()) as pg.PoolClient) : poolOf(this.db);
    const run = (statement: pg.QueryConfig) =>
      tx ? connection.query<T>(statement) : asWrite(this.db, () => connection.query<T>(statement));
    if (!this.areKept) return run({ text, values });
    try {
      return await run({ name, text, values });
    } catch (error) {
      if (!isNameLost(error)) throw error;
      this.doWithout();
      // The statement was not executed, but the transaction can only be rolled back now.
      if (tx) throw error;
      return run({ text, values });
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    // If the database is unavailable now, the first statement will find out.
    if (!(await keepsNames(this.db).catch(() => true))) this.doWithout();
  }

  /** Switches to unprepared statements for the rest of the process. */
  private doWithout(): void {
    if (this.areKept) this.logger.log('This pooler does not keep named statements. Continuing without them');
    this.areKept = false;
  }
}

/** Checks whether two connections can prepare the same name, which fails if a pooler maps both to one. */
export async function keepsNames(db: DataSource): Promise<boolean> {
  const { name, text } = namedStatement('probe', 'SELECT 1');
  const clients: pg.PoolClient[] = [];
  try {
    for (let i = 0; i < 2; i++) {
      const client = await poolOf(db).connect();
      clients.push(client);
      await client.query({ name, text });
    }
    return true;
  } catch (error) {
    if (isNameLost(error)) return false;
    throw error;
  } finally {
    for (const client of clients) client.release();
  }
}
