import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSessions1795340000005 implements MigrationInterface {
  name = 'CreateSessions1795340000005';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_sessions" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "generation" integer NOT NULL DEFAULT '0',
                "ip" inet,
                "user_agent" character varying(400),
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "absolute_expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "ended_at" TIMESTAMP WITH TIME ZONE,
                "end_reason" character varying(20),
                CONSTRAINT "auth_sessions_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_absolute_expires_at_idx" ON "auth_sessions" ("absolute_expires_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_sessions_user_id_idx" ON "auth_sessions" ("user_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_sessions"
            ADD CONSTRAINT "auth_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth_users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    // Free space on each page for the next version of a row, so that a refresh is a HOT update.
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" SET (fillfactor = 80)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_sessions" DROP CONSTRAINT "auth_sessions_user_id_fkey"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_sessions_user_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_sessions_absolute_expires_at_idx"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_sessions"
        `);
  }
}
