import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateApiKeys1795600000000 implements MigrationInterface {
  name = 'CreateApiKeys1795600000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "kind" character varying(10) NOT NULL DEFAULT 'person'
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD CONSTRAINT "auth_users_kind_check" CHECK ("kind" IN ('person', 'service'))
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_api_keys" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "name" character varying(80) NOT NULL,
                "token_hash" bytea NOT NULL,
                "hint" character(4) NOT NULL,
                "scopes" text array NOT NULL,
                "created_by" uuid,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "warned_at" TIMESTAMP WITH TIME ZONE,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                "last_used_ip" inet,
                CONSTRAINT "auth_api_keys_token_hash_key" UNIQUE ("token_hash"),
                CONSTRAINT "auth_api_keys_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_api_keys_user_id_idx" ON "auth_api_keys" ("user_id", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_api_keys_expires_at_idx" ON "auth_api_keys" ("expires_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_api_keys"
            ADD CONSTRAINT "auth_api_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_api_keys"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP CONSTRAINT "auth_users_kind_check"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "kind"
        `);
  }
}
