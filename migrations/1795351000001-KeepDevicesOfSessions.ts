import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepDevicesOfSessions1795351000001 implements MigrationInterface {
  name = 'KeepDevicesOfSessions1795351000001';

  // Older sessions have no device. They are deleted after 31 days; until then, a sign-in parses a few of them.
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions"
            ADD "device" character varying(60)
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_user_id_device_idx" ON "auth_sessions" ("user_id", "device", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_user_id_live_idx" ON "auth_sessions" ("user_id", "id")
            WHERE ended_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_user_id_ended_at_idx" ON "auth_sessions" ("user_id", "ended_at")
            WHERE ended_at IS NOT NULL
        `);
    await queryRunner.query(`
            DROP INDEX "auth_sessions_user_id_idx"
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_user_id_idx" ON "auth_sessions" ("user_id")
        `);
    await queryRunner.query(`
            DROP INDEX "auth_sessions_user_id_ended_at_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_sessions_user_id_live_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_sessions_user_id_device_idx"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" DROP COLUMN "device"
        `);
  }
}
