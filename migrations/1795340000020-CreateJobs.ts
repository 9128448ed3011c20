import { getConstructionPlans } from 'pg-boss';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Makes the tables of the queue, in a schema of their own, as the installed pg-boss wants them. Its version is
 * therefore exact in package.json; with one that wants other tables goes a migration by `getMigrationPlans`.
 */
export class CreateJobs1795340000020 implements MigrationInterface {
  name = 'CreateJobs1795340000020';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // The plan brings its own transaction; TypeORM has one already, in which it also notes that this has run.
    const plan = getConstructionPlans('astra_jobs').replace(/^\s*BEGIN;/, '');
    await queryRunner.query(plan.replace(/COMMIT;\s*$/, ''));
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP SCHEMA "astra_jobs" CASCADE`);
  }
}
