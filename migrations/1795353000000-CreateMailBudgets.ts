import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMailBudgets1795353000000 implements MigrationInterface {
  name = 'CreateMailBudgets1795353000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_mail_budgets" (
                "key" bytea NOT NULL,
                "sent_in_hour" integer NOT NULL,
                "hour_ends_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "sent_in_day" integer NOT NULL,
                "day_ends_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "held_back" integer NOT NULL DEFAULT '0',
                CONSTRAINT "auth_mail_budgets_pkey" PRIMARY KEY ("key")
            )
        `);
    // Free space on each page for the next version of a row, so that counting is a HOT update, which needs no vacuum.
    await queryRunner.query(`
            ALTER TABLE "auth_mail_budgets" SET (fillfactor = 50)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_mail_budgets"
        `);
  }
}
