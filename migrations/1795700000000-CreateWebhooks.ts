import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateWebhooks1795700000000 implements MigrationInterface {
  name = 'CreateWebhooks1795700000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_webhooks" (
                "id" uuid NOT NULL,
                "url" character varying(1024) NOT NULL,
                "types" text array NOT NULL,
                "data" character varying(4) NOT NULL DEFAULT 'thin',
                "description" character varying(200),
                "enabled" boolean NOT NULL DEFAULT true,
                "disabled_reason" character varying(10),
                "failing_since" TIMESTAMP WITH TIME ZONE,
                "secret_sealed" text NOT NULL,
                "previous_secret_sealed" text,
                "previous_secret_until" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_webhooks_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_webhook_events" (
                "id" uuid NOT NULL,
                "type" character varying(50) NOT NULL,
                "user_id" uuid,
                "data" jsonb NOT NULL,
                "personal" jsonb,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_webhook_events_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_webhook_events_created_at_idx" ON "auth_webhook_events" ("created_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_webhook_events_user_id_idx" ON "auth_webhook_events" ("user_id")
            WHERE personal IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_webhook_deliveries" (
                "id" uuid NOT NULL,
                "webhook_id" uuid NOT NULL,
                "event_id" uuid NOT NULL,
                "status" character varying(10) NOT NULL DEFAULT 'pending',
                "attempts" integer NOT NULL DEFAULT '0',
                "step" smallint NOT NULL DEFAULT '0',
                "last_status" smallint,
                "last_error" character varying(20),
                "next_attempt_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "auth_webhook_deliveries_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_webhook_deliveries_webhook_id_idx" ON "auth_webhook_deliveries" ("webhook_id", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_webhook_deliveries_created_at_idx" ON "auth_webhook_deliveries" ("created_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_webhook_deliveries_event_id_idx" ON "auth_webhook_deliveries" ("event_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_webhook_deliveries"
            ADD CONSTRAINT "auth_webhook_deliveries_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "auth_webhook_events"("id") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_webhook_deliveries"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_webhook_events"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_webhooks"
        `);
  }
}
