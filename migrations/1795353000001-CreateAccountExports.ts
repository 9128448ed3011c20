import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAccountExports1795353000001 implements MigrationInterface {
  name = 'CreateAccountExports1795353000001';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_account_exports" (
                "user_id" uuid NOT NULL,
                "lease" uuid NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_account_exports_pkey" PRIMARY KEY ("user_id")
            )
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_account_exports"
            ADD CONSTRAINT "auth_account_exports_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_account_exports"
        `);
  }
}
