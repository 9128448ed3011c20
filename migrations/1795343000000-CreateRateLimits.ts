import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRateLimits1795343000000 implements MigrationInterface {
  name = 'CreateRateLimits1795343000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // Unlogged: counting an attempt writes no WAL and does not wait for the disk. After a crash, the table is empty.
    await queryRunner.query(`
            CREATE UNLOGGED TABLE "auth_rate_limits" (
                "key" character varying(255) NOT NULL,
                "points" integer NOT NULL DEFAULT '0',
                "expire" bigint,
                CONSTRAINT "auth_rate_limits_pkey" PRIMARY KEY ("key")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_sign_in_failures" (
                "key" bytea NOT NULL,
                "failures" integer NOT NULL,
                "recent" integer NOT NULL,
                "wait_until" TIMESTAMP WITH TIME ZONE NOT NULL,
                "forget_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_sign_in_failures_pkey" PRIMARY KEY ("key")
            )
        `);
    // Free space on each page for the next version of a row, so that counting is a HOT update, which needs no vacuum.
    await queryRunner.query(`
            ALTER TABLE "auth_rate_limits" SET (fillfactor = 50)
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sign_in_failures" SET (fillfactor = 50)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_sign_in_failures"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_rate_limits"
        `);
  }
}
