import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePendingRegistrations1795354000020 implements MigrationInterface {
  name = 'CreatePendingRegistrations1795354000020';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_pending_registrations" (
                "id" uuid NOT NULL,
                "username" character varying(50) NOT NULL,
                "username_key" character varying(50) NOT NULL,
                "email" character varying(254) NOT NULL,
                "email_key" character varying(254) NOT NULL,
                "full_name" character varying(100),
                "hashed_password" character varying(255) NOT NULL,
                "origin" character varying(150) NOT NULL,
                "token_hash" bytea,
                "link_sent_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_pending_registrations_username_key" UNIQUE ("username_key"),
                CONSTRAINT "auth_pending_registrations_token_hash_key" UNIQUE ("token_hash"),
                CONSTRAINT "auth_pending_registrations_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_pending_registrations_email_idx" ON "auth_pending_registrations" ("email_key", "created_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_pending_registrations_expires_at_idx" ON "auth_pending_registrations" ("expires_at")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "auth_pending_registrations_expires_at_idx"`);
    await queryRunner.query(`DROP INDEX "auth_pending_registrations_email_idx"`);
    await queryRunner.query(`DROP TABLE "auth_pending_registrations"`);
  }
}
