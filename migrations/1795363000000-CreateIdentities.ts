import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateIdentities1795363000000 implements MigrationInterface {
  name = 'CreateIdentities1795363000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_identities" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "provider" character varying(32) NOT NULL,
                "issuer" character varying(255) NOT NULL,
                "subject" character varying(255) NOT NULL,
                "email" character varying(254),
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "auth_identities_issuer_subject_key" UNIQUE ("issuer", "subject"),
                CONSTRAINT "auth_identities_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_identities_user_id_idx" ON "auth_identities" ("user_id", "id")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_identities"
            ADD CONSTRAINT "auth_identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_identity_sign_ins" (
                "token_hash" bytea NOT NULL,
                "identity" jsonb NOT NULL,
                "step" text NOT NULL,
                "app_challenge" bytea,
                "session_id" uuid NOT NULL,
                "user_id" uuid,
                "failures" smallint NOT NULL DEFAULT '0',
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_identity_sign_ins_pkey" PRIMARY KEY ("token_hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_identity_sign_ins_expires_at_idx" ON "auth_identity_sign_ins" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_identity_sign_ins_session_id_key" ON "auth_identity_sign_ins" ("session_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_identity_sign_ins_user_id_idx" ON "auth_identity_sign_ins" ("user_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_identity_sign_ins"
            ADD CONSTRAINT "auth_identity_sign_ins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_identity_sign_ins"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_identities"
        `);
  }
}
