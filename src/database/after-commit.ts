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

/** What is to be done then. It must not throw: the transaction cannot be undone any more. */
type Work = () => void;

/** Does things once a transaction is committed, and never if it is rolled back. */
@Injectable()
export class AfterCommit implements EntitySubscriberInterface {
  /** What waits: a list for the transaction, and one for each savepoint that is open in it. */
  private readonly waiting = new WeakMap<QueryRunner, Work[][]>();

  constructor(@InjectDataSource() db: DataSource) {
    db.subscribers.push(this);
  }

  /**
   * Does something when a transaction is committed, before its caller goes on.
   *
   * @throws {Error} outside of a transaction, as it is a mistake in the code.
   */
  run(work: Work, { queryRunner }: EntityManager): void {
    const level = queryRunner?.isTransactionActive ? this.waiting.get(queryRunner)?.at(-1) : undefined;
    if (!level) throw new Error('There is no transaction whose commit could be waited for');
    level.push(work);
  }

  afterTransactionStart({ queryRunner }: TransactionStartEvent): void {
    const levels = this.waiting.get(queryRunner);
    if (levels) levels.push([]);
    else this.waiting.set(queryRunner, [[]]);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const levels = this.waiting.get(queryRunner);
    const done = levels?.pop() ?? [];
    const outer = levels?.at(-1);
    // A savepoint that is released commits nothing yet.
    if (outer) outer.push(...done);
    else for (const work of done) work();
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    this.waiting.get(queryRunner)?.pop();
  }
}
