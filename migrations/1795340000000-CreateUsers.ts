import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1795340000000 implements MigrationInterface {
  name = 'CreateUsers1795340000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_users" (
                "id" uuid NOT NULL,
                "username" character varying(50) NOT NULL,
                "email" character varying(254) NOT NULL,
                "hashed_password" character varying(255),
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "auth_users_pkey" PRIMARY KEY ("id")
            )
        `);
    // Over an expression, which TypeORM cannot describe: unique, ignoring case.
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_username_key" ON "auth_users" (lower("username"))
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_email_key" ON "auth_users" (lower("email"))
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "auth_users"
        `);
  }
}
