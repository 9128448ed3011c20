import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AllowAccountsWithoutPassword1795363500000 implements MigrationInterface {
  name = 'AllowAccountsWithoutPassword1795363500000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_pending_registrations"
            ALTER COLUMN "hashed_password" DROP NOT NULL
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sign_ins"
            ADD "purpose" text NOT NULL DEFAULT 'sign-in'
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sign_ins" DROP COLUMN "purpose"
        `);
    // They are a day old at most, and an older version could not create their accounts.
    await queryRunner.query(`
            DELETE FROM "auth_pending_registrations"
            WHERE "hashed_password" IS NULL
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_pending_registrations"
            ALTER COLUMN "hashed_password" SET NOT NULL
        `);
  }
}
