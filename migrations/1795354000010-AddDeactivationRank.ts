import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddDeactivationRank1795354000010 implements MigrationInterface {
  name = 'AddDeactivationRank1795354000010';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // It is unknown who deactivated existing inactive accounts, so only an admin may activate them.
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "deactivated_by" character varying(20)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "auth_users" DROP COLUMN "deactivated_by"`);
  }
}
