import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddSecondFactorTime1795360000000 implements MigrationInterface {
  name = 'AddSecondFactorTime1795360000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" ADD "second_factor_at" TIMESTAMP WITH TIME ZONE
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" DROP COLUMN "second_factor_at"
        `);
  }
}
