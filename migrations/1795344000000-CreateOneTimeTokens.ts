import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOneTimeTokens1795344000000 implements MigrationInterface {
  name = 'CreateOneTimeTokens1795344000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_one_time_tokens" (
                "user_id" uuid NOT NULL,
                "purpose" character varying(20) NOT NULL,
                "token_hash" bytea NOT NULL,
                "email" character varying(254) NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_one_time_tokens_token_hash_key" UNIQUE ("token_hash"),
                CONSTRAINT "auth_one_time_tokens_pkey" PRIMARY KEY ("user_id", "purpose")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_one_time_tokens_expires_at_idx" ON "auth_one_time_tokens" ("expires_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_one_time_tokens"
            ADD CONSTRAINT "auth_one_time_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_one_time_tokens" DROP CONSTRAINT "auth_one_time_tokens_user_id_fkey"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_one_time_tokens_expires_at_idx"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_one_time_tokens"
        `);
  }
}
