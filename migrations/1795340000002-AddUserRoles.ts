import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddUserRoles1795340000002 implements MigrationInterface {
  name = 'AddUserRoles1795340000002';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "role" character varying(20) NOT NULL DEFAULT 'user'
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD CONSTRAINT "auth_users_role_check" CHECK ("role" IN ('admin', 'moderator', 'user'))
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP CONSTRAINT "auth_users_role_check"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "role"
        `);
  }
}
