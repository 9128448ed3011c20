import { getConstructionPlans } from 'pg-boss';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the tables of the queue in a separate schema, as the installed version of pg-boss requires. Its version in
 * package.json is therefore exact; a version with other tables needs a migration with `getMigrationPlans`.
 */
export class CreateJobs1795340000020 implements MigrationInterface {
  name = 'CreateJobs1795340000020';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // The plan contains its own transaction; TypeORM has already started one, in which it also records the migration.
    const plan = getConstructionPlans('astra_jobs').replace(/^\s*BEGIN;/, '');
    await queryRunner.query(plan.replace(/COMMIT;\s*$/, ''));
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP SCHEMA "astra_jobs" CASCADE`);
  }
}
