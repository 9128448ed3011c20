import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMailCounts1795810000000 implements MigrationInterface {
  name = 'CreateMailCounts1795810000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_mail_counts" (
                "hour" TIMESTAMP WITH TIME ZONE NOT NULL,
                "sent" integer NOT NULL DEFAULT '0',
                "failed" integer NOT NULL DEFAULT '0',
                "given_up" integer NOT NULL DEFAULT '0',
                CONSTRAINT "auth_mail_counts_pkey" PRIMARY KEY ("hour")
            )
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_mail_counts"
        `);
  }
}
