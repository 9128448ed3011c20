import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddPasskeyDomain1795800000000 implements MigrationInterface {
  name = 'AddPasskeyDomain1795800000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_passkeys"
            ADD "rp_id" character varying(253)
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "auth_passkeys" DROP COLUMN "rp_id"
        `);
  }
}
