import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePasskeys1795361000000 implements MigrationInterface {
  name = 'CreatePasskeys1795361000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_passkeys" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "credential_id" bytea NOT NULL,
                "public_key" bytea NOT NULL,
                "sign_count" bigint NOT NULL,
                "uv" boolean NOT NULL,
                "discoverable" boolean,
                "backup_eligible" boolean NOT NULL,
                "backed_up" boolean NOT NULL,
                "transports" text array NOT NULL,
                "aaguid" uuid NOT NULL,
                "name" character varying(80) NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "auth_passkeys_credential_id_key" UNIQUE ("credential_id"),
                CONSTRAINT "auth_passkeys_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_passkeys_user_id_idx" ON "auth_passkeys" ("user_id", "id")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_passkeys"
            ADD CONSTRAINT "auth_passkeys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_used_challenges" (
                "hash" bytea NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_used_challenges_pkey" PRIMARY KEY ("hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_used_challenges_expires_at_idx" ON "auth_used_challenges" ("expires_at")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_used_challenges"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_passkeys"
        `);
  }
}
