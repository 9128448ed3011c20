import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateImportedUsers1795346000047 implements MigrationInterface {
  name = 'CreateImportedUsers1795346000047';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_imported_users" (
                "username_hash" bytea NOT NULL,
                "source_id" bigint NOT NULL,
                "user_id" uuid,
                "imported_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "legacy_tokens_ended_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "auth_imported_users_pkey" PRIMARY KEY ("username_hash")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_imported_users_user_id_key" ON "auth_imported_users" ("user_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_imported_users"
            ADD CONSTRAINT "auth_imported_users_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE SET NULL ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_imported_users" DROP CONSTRAINT "auth_imported_users_user_id_fkey"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_imported_users_user_id_key"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_imported_users"
        `);
  }
}
