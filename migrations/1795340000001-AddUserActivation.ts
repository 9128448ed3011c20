import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddUserActivation1795340000001 implements MigrationInterface {
  name = 'AddUserActivation1795340000001';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "is_active" boolean NOT NULL DEFAULT true
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "is_active"
        `);
  }
}
