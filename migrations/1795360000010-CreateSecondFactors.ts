import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSecondFactors1795360000010 implements MigrationInterface {
  name = 'CreateSecondFactors1795360000010';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_sign_ins" (
                "token_hash" bytea NOT NULL,
                "user_id" uuid NOT NULL,
                "methods" text array NOT NULL,
                "session_id" uuid,
                "failures" smallint NOT NULL DEFAULT 0,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_sign_ins_pkey" PRIMARY KEY ("token_hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sign_ins_user_id_idx" ON "auth_sign_ins" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sign_ins_expires_at_idx" ON "auth_sign_ins" ("expires_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sign_ins"
            ADD CONSTRAINT "auth_sign_ins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_totp" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "secret_sealed" text NOT NULL,
                "last_step" bigint NOT NULL DEFAULT 0,
                "name" character varying(50) NOT NULL,
                "confirmed_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "auth_totp_user_id_key" UNIQUE ("user_id"),
                CONSTRAINT "auth_totp_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_totp_unconfirmed_idx" ON "auth_totp" ("created_at") WHERE confirmed_at IS NULL
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_totp"
            ADD CONSTRAINT "auth_totp_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_recovery_codes" (
                "user_id" uuid NOT NULL,
                "code_hash" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "auth_recovery_codes_pkey" PRIMARY KEY ("user_id", "code_hash")
            )
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_recovery_codes"
            ADD CONSTRAINT "auth_recovery_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_recovery_codes" DROP CONSTRAINT "auth_recovery_codes_user_id_fkey"
        `);
    await queryRunner.query(`DROP TABLE "auth_recovery_codes"`);
    await queryRunner.query(`
            ALTER TABLE "auth_totp" DROP CONSTRAINT "auth_totp_user_id_fkey"
        `);
    await queryRunner.query(`DROP INDEX "auth_totp_unconfirmed_idx"`);
    await queryRunner.query(`DROP TABLE "auth_totp"`);
    await queryRunner.query(`
            ALTER TABLE "auth_sign_ins" DROP CONSTRAINT "auth_sign_ins_user_id_fkey"
        `);
    await queryRunner.query(`DROP INDEX "auth_sign_ins_expires_at_idx"`);
    await queryRunner.query(`DROP INDEX "auth_sign_ins_user_id_idx"`);
    await queryRunner.query(`DROP TABLE "auth_sign_ins"`);
  }
}
