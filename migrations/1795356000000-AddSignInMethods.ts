import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How the user of a session has proven who they are, and when. Sessions from before began with a password, as nearly all
 * did: with what else they began was not kept.
 */
export class AddSignInMethods1795356000000 implements MigrationInterface {
  name = 'AddSignInMethods1795356000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // Defaults for a service of the version before, which goes on to work while this one starts.
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
