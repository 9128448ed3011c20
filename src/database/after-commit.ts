import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  DataSource,
  type EntityManager,
  type EntitySubscriberInterface,
  type QueryRunner,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
  type TransactionStartEvent,
} from 'typeorm';

/** Function to call after a commit. It must not throw, because the transaction can no longer be undone. */
type Work = () => void;

/** Calls functions after a transaction is committed, and never if it is rolled back. */
@Injectable()
export class AfterCommit implements EntitySubscriberInterface {
  /** Waiting functions: one list for the transaction, and one for each open savepoint. */
  private readonly waiting = new WeakMap<QueryRunner, Work[][]>();

  constructor(@InjectDataSource() db: DataSource) {
    db.subscribers.push(this);
  }

  /**
   * Calls a function when a transaction is committed, before its caller continues.
   *
   * @throws {Error} outside a transaction, which is a programming error.
   */
  run(work: Work, { queryRunner }: EntityManager): void {
    const level = queryRunner?.isTransactionActive ? this.waiting.get(queryRunner)?.at(-1) : undefined;
    if (!level) throw new Error('A callback after commit requires a transaction');
    level.push(work);
  }

  /** Called by TypeORM for transactions and for savepoints inside them. */
  afterTransactionStart({ queryRunner }: TransactionStartEvent): void {
    const levels = this.waiting.get(queryRunner);
    if (levels) levels.push([]);
    else this.waiting.set(queryRunner, [[]]);
  }

  /** Runs the waiting work of a transaction, or hands that of a savepoint to what encloses it. */
  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const levels = this.waiting.get(queryRunner);
    const done = levels?.pop() ?? [];
    const outer = levels?.at(-1);
    // Releasing a savepoint commits nothing yet.
    if (outer) outer.push(...done);
    else for (const work of done) work();
  }

  /** Forgets the work of a transaction or a savepoint that never happened. */
  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    this.waiting.get(queryRunner)?.pop();
  }
}
