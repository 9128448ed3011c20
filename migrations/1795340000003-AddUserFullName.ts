import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddUserFullName1795340000003 implements MigrationInterface {
  name = 'AddUserFullName1795340000003';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "full_name" character varying(100)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "full_name"
        `);
  }
}
