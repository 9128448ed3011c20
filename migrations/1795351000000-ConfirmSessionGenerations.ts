import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ConfirmSessionGenerations1795351000000 implements MigrationInterface {
  name = 'ConfirmSessionGenerations1795351000000';

  // Neither column is in an index, so a refresh and its confirmation remain HOT updates.
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions"
            ADD "confirmed_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sessions"
            ADD "late_repeats" smallint NOT NULL DEFAULT '0'
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" DROP COLUMN "late_repeats"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" DROP COLUMN "confirmed_at"
        `);
  }
}
