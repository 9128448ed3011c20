import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddUserDeletion1795345000000 implements MigrationInterface {
  name = 'AddUserDeletion1795345000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "deleted_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_deleted_at_idx" ON "auth_users" ("deleted_at")
            WHERE deleted_at IS NOT NULL
        `);
    // A deleted account keeps its names, in case it is restored, but others may take them.
    await queryRunner.query(`DROP INDEX "auth_users_username_key"`);
    await queryRunner.query(`DROP INDEX "auth_users_email_key"`);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_username_key" ON "auth_users" (lower("username"))
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_email_key" ON "auth_users" (lower("email"))
            WHERE deleted_at IS NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    // Without the column, deleted accounts would reappear.
    await queryRunner.query(`DELETE FROM "auth_users" WHERE deleted_at IS NOT NULL`);
    await queryRunner.query(`DROP INDEX "auth_users_email_key"`);
    await queryRunner.query(`DROP INDEX "auth_users_username_key"`);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_username_key" ON "auth_users" (lower("username"))
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_email_key" ON "auth_users" (lower("email"))
        `);
    await queryRunner.query(`DROP INDEX "auth_users_deleted_at_idx"`);
    await queryRunner.query(`ALTER TABLE "auth_users" DROP COLUMN "deleted_at"`);
  }
}
