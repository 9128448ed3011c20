import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateEmailUndos1795354000030 implements MigrationInterface {
  name = 'CreateEmailUndos1795354000030';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_email_undos" (
                "token_hash" bytea NOT NULL,
                "user_id" uuid NOT NULL,
                "email" character varying(254) NOT NULL,
                "email_key" character varying(254) NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_email_undos_pkey" PRIMARY KEY ("token_hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_email_undos_user_id_idx" ON "auth_email_undos" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_email_undos_email_key_idx" ON "auth_email_undos" ("email_key")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_email_undos_expires_at_idx" ON "auth_email_undos" ("expires_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_email_undos"
            ADD CONSTRAINT "auth_email_undos_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_email_undos" DROP CONSTRAINT "auth_email_undos_user_id_fkey"
        `);
    await queryRunner.query(`DROP INDEX "auth_email_undos_expires_at_idx"`);
    await queryRunner.query(`DROP INDEX "auth_email_undos_email_key_idx"`);
    await queryRunner.query(`DROP INDEX "auth_email_undos_user_id_idx"`);
    await queryRunner.query(`DROP TABLE "auth_email_undos"`);
  }
}
