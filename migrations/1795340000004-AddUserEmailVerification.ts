import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddUserEmailVerification1795340000004 implements MigrationInterface {
  name = 'AddUserEmailVerification1795340000004';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "email_verified_at" TIMESTAMP WITH TIME ZONE
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "email_verified_at"
        `);
  }
}
