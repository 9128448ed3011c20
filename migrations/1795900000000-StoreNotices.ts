import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds another way for notifications between instances: a table that they read. Transactions that write to it commit side by
 * side, unlike those with `NOTIFY`. It is off by default, and unlogged, because its content is worthless after a crash.
 */
export class StoreNotices1795900000000 implements MigrationInterface {
  name = 'StoreNotices1795900000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE UNLOGGED TABLE "auth_notices" (
                "xid" bigint NOT NULL,
                "notice" character varying(200) NOT NULL,
                CONSTRAINT "auth_notices_pkey" PRIMARY KEY ("xid", "notice")
            )
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_installation" ADD "stores_notices" boolean NOT NULL DEFAULT false
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "auth_installation" DROP COLUMN "stores_notices"`);
    await queryRunner.query(`DROP TABLE "auth_notices"`);
  }
}
