import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Index of the deliveries that wait for an endpoint, so that counting them does not read all that were ever made. */
export class IndexPendingDeliveries1795710000000 implements MigrationInterface {
  name = 'IndexPendingDeliveries1795710000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE INDEX "auth_webhook_deliveries_pending_idx" ON "auth_webhook_deliveries" ("webhook_id", "next_attempt_at")
            WHERE status = 'pending'
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "auth_webhook_deliveries_pending_idx"`);
  }
}
