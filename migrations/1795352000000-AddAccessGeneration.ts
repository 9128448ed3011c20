import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts changes of a user's access. A trigger does it, so that no statement can forget it: another version of the
 * service during an upgrade, a host's own code, or an operator.
 */
export class AddAccessGeneration1795352000000 implements MigrationInterface {
  name = 'AddAccessGeneration1795352000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "access_generation" integer NOT NULL DEFAULT 0
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_users_raise_access_generation"() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              NEW.access_generation := OLD.access_generation + 1;
              NEW.access_changed_at := clock_timestamp();
              RETURN NEW;
            END $$
        `);
    await queryRunner.query(`
            CREATE TRIGGER "auth_users_access_generation" BEFORE UPDATE ON "auth_users" FOR EACH ROW
            WHEN (OLD.role IS DISTINCT FROM NEW.role OR OLD.is_active IS DISTINCT FROM NEW.is_active
                  OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
            EXECUTE FUNCTION "auth_users_raise_access_generation"()
        `);
    // The revocation feed reads a page from any entry on, even if thousands have the same time.
    await queryRunner.query(`DROP INDEX "auth_users_access_changed_at_idx"`);
    await queryRunner.query(`
            CREATE INDEX "auth_users_access_changed_at_idx" ON "auth_users" ("access_changed_at", "id")
            WHERE access_changed_at IS NOT NULL
        `);
    await queryRunner.query(`DROP INDEX "auth_sessions_ended_at_idx"`);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_ended_at_idx" ON "auth_sessions" ("ended_at", "id")
            WHERE ended_at IS NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "auth_sessions_ended_at_idx"`);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_ended_at_idx" ON "auth_sessions" ("ended_at")
            WHERE ended_at IS NOT NULL
        `);
    await queryRunner.query(`DROP INDEX "auth_users_access_changed_at_idx"`);
    await queryRunner.query(`
            CREATE INDEX "auth_users_access_changed_at_idx" ON "auth_users" ("access_changed_at")
            WHERE access_changed_at IS NOT NULL
        `);
    await queryRunner.query(`DROP TRIGGER "auth_users_access_generation" ON "auth_users"`);
    await queryRunner.query(`DROP FUNCTION "auth_users_raise_access_generation"()`);
    await queryRunner.query(`ALTER TABLE "auth_users" DROP COLUMN "access_generation"`);
  }
}
