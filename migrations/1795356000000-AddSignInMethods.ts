import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the proofs of a sign-in, and their time. Existing sessions are marked as started with a password, as nearly all
 * were: their actual proofs were not stored.
 */
export class AddSignInMethods1795356000000 implements MigrationInterface {
  name = 'AddSignInMethods1795356000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // Defaults for a service of the previous version, which keeps working while this one starts.
    await queryRunner.query(`
            ALTER TABLE "auth_sessions"
                ADD "methods" text array NOT NULL DEFAULT '{pwd}',
                ADD "authenticated_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
        `);
    await queryRunner.query(`
            UPDATE "auth_sessions" SET "authenticated_at" = "created_at"
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" DROP COLUMN "authenticated_at", DROP COLUMN "methods"
        `);
  }
}
