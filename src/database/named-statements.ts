import { hash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { poolOf } from './connections/pool.js';
import { databaseErrorCode } from '../http/problem/database-errors.js';

/** SQL that Postgres plans once a connection, which may take longer than to carry it out. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * Names a statement. The name holds a digest of the SQL: behind a pooler the connection may still know the statement
 * of another version of Astra.
 *
 * @param name - In a word or two, for whoever looks at `pg_prepared_statements`.
 */
export function namedStatement(name: string, text: string): NamedStatement {
  const digest = hash('sha256', text).slice(0, 12);
  return { name: `astra-${name}-${digest}`, text };
}

/** Connections behind some poolers do not keep the names of statements, or know them already. */
const isNameLost = (error: unknown) => ['26000', '42P05'].includes(databaseErrorCode(error));

/**
 * Runs statements by their names; without names from the moment that it shows that they do not last. They do not behind
 * a pooler that gives the connection to somebody else after each transaction and knows nothing of them: PgBouncer in
 * transaction mode before 1.21, or with `max_prepared_statements = 0`.
 */
@Injectable()
export class NamedStatements implements OnApplicationBootstrap {
  private readonly logger = new Logger(NamedStatements.name);
  private areKept = true;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /** TypeORM does not know of named statements, so this goes to its connections. */
  async query<T extends pg.QueryResultRow>(
    { name, text }: NamedStatement,
    values: unknown[],
    tx?: EntityManager,
  ): Promise<pg.QueryResult<T>> {
    const connection = tx ? ((await tx.queryRunner?.connect()) as pg.PoolClient) : poolOf(this.db);
    if (!this.areKept) return connection.query<T>(text, values);
    try {
      return await connection.query<T>({ name, text, values });
    } catch (error) {
      if (!isNameLost(error)) throw error;
      this.doWithout();
      // It was not carried out; but a transaction can only be rolled back now.
      if (tx) throw error;
      return connection.query<T>(text, values);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    // If the database is away just now, the first statement finds out.
    if (!(await keepsNames(this.db).catch(() => true))) this.doWithout();
  }

  private doWithout(): void {
    if (this.areKept) this.logger.log('This pooler does not keep named statements. Continuing without them');
    this.areKept = false;
  }
}

/** Whether two connections can use the same name, as they cannot where a pooler has but one behind them. */
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
