import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddAccessChanges1795340000006 implements MigrationInterface {
  name = 'AddAccessChanges1795340000006';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "access_changed_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_access_changed_at_idx" ON "auth_users" ("access_changed_at")
            WHERE access_changed_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_ended_at_idx" ON "auth_sessions" ("ended_at")
            WHERE ended_at IS NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "auth_sessions_ended_at_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_users_access_changed_at_idx"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "access_changed_at"
        `);
  }
}
