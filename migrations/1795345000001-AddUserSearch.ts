import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes for finding one of a million accounts. */
export class AddUserSearch1795345000001 implements MigrationInterface {
  name = 'AddUserSearch1795345000001';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // A trusted extension: the owner of the database may install it.
    await queryRunner.query(`CREATE EXTENSION IF NOT EXISTS pg_trgm`);
    // Exactly the expression of the search, see UserDirectory.
    await queryRunner.query(`
            CREATE INDEX "auth_users_search_idx" ON "auth_users"
            USING gin (lower(username || E'\\n' || email || E'\\n' || coalesce(full_name, '')) gin_trgm_ops)
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_created_at_idx" ON "auth_users" ("created_at", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_lower_username_idx" ON "auth_users" (lower("username"), "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_role_idx" ON "auth_users" ("role", "created_at", "id")
            WHERE role <> 'user'
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_inactive_idx" ON "auth_users" ("created_at", "id")
            WHERE NOT is_active
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_verified_idx" ON "auth_users" ((email_verified_at IS NOT NULL), "created_at", "id")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    for (const index of ['verified', 'inactive', 'role', 'lower_username', 'created_at', 'search']) {
      await queryRunner.query(`DROP INDEX "auth_users_${index}_idx"`);
    }
    // The extension remains, because others may use it by now.
  }
}
