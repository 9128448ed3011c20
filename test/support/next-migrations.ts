import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds a field to accounts, as the rules for migrations allow it. */
class AddCity9000000000001 implements MigrationInterface {
  name = 'AddCity9000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE "auth_users" ADD "city" character varying(100) NOT NULL DEFAULT 'unknown'`,
    );
  }

  async down(): Promise<void> {}
}

/** Takes long: an index of a table that is being written, and a value for each row of another. */
class FillCity9000000000002 implements MigrationInterface {
  name = 'FillCity9000000000002';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS "auth_sessions_city_idx"`);
    await runner.query(
      `CREATE INDEX CONCURRENTLY "auth_sessions_city_idx" ON "auth_sessions" ("device", "user_id")`,
    );
    const batch = `UPDATE "auth_users" SET "city" = 'London'
                    WHERE "id" IN (SELECT "id" FROM "auth_users" WHERE "city" = 'unknown' LIMIT 200) RETURNING "id"`;
    // An instance of the release before may add rows meanwhile, and later.
    let filled: unknown[];
    do [filled] = (await runner.query(batch)) as [unknown[], number];
    while (filled.length === 200);
  }

  async down(): Promise<void> {}
}

/** Refers to a table that is being written. */
class CreateVisits9000000000003 implements MigrationInterface {
  name = 'CreateVisits9000000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "auth_visits" ("id" uuid PRIMARY KEY, "user_id" uuid NOT NULL REFERENCES "auth_users"("id"))`,
    );
  }

  async down(): Promise<void> {}
}

/** Migrations of the next release, see releases.ts. */
export const nextMigrations = [AddCity9000000000001, FillCity9000000000002, CreateVisits9000000000003];
