import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateEmailCodes1795362000000 implements MigrationInterface {
  name = 'CreateEmailCodes1795362000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_email_codes" (
                "token_hash" bytea NOT NULL,
                "address_hash" bytea NOT NULL,
                "user_id" uuid,
                "code_hash" bytea,
                "failures" smallint NOT NULL DEFAULT '0',
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_email_codes_pkey" PRIMARY KEY ("token_hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_email_codes_expires_at_idx" ON "auth_email_codes" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_email_codes_user_id_idx" ON "auth_email_codes" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_email_codes_address_hash_idx" ON "auth_email_codes" ("address_hash", "expires_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_email_codes"
            ADD CONSTRAINT "auth_email_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_email_codes"
        `);
  }
}
