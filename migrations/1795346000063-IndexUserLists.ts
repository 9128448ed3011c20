import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Exactly the expression of the search, see UserDirectory. */
const SEARCHED = `lower(username || E'\\n' || email || E'\\n' || coalesce(full_name, ''))`;

/**
 * Indexes with which lists of a million users take as long as those of a thousand.
 *
 * A search finds any part of any length in any script. The index contains all pieces of three characters of a text, and
 * the shorter ones at its ends; a search for less than three characters matches the start of a piece. Trigrams of
 * pg_trgm only consist of letters and digits, and shorter texts have none. A search uses adjacent pieces, at most six:
 * more would cost more time than they save. Columns of filters are at the end of the other indexes, so that no row is
 * read in vain.
 */
export class IndexUserLists1795346000063 implements MigrationInterface {
  name = 'IndexUserLists1795346000063';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await dropIndexes(queryRunner, [
      'search',
      'created_at',
      'lower_username',
      'role',
      'inactive',
      'verified',
    ]);
    await queryRunner.query(`
            CREATE FUNCTION "auth_search_pieces"(searched text) RETURNS tsvector
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
              SELECT array_to_tsvector(array_agg(substr(searched, i, 3))) FROM generate_series(1, length(searched)) AS i
            $$
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_search_query"(part text) RETURNS tsquery
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
              SELECT string_agg('''' || replace(replace(substr(part, i, 3), '\\', '\\\\'), '''', '''''') || '''' || rest, '&')::tsquery
                FROM (SELECT CASE WHEN length(part) < 3 THEN ':*' ELSE '' END AS rest,
                             greatest(least(length(part), 18) - 2, 1) AS last) AS of_part,
                     LATERAL (SELECT generate_series(1, last, 3) AS i UNION SELECT last) AS starts
            $$
        `);
    // New entries wait in a list (in KiB) that each search reads completely; the write that fills the list merges it
    // into the index.
    await queryRunner.query(`
            CREATE INDEX "auth_users_search_idx" ON "auth_users" USING gin (auth_search_pieces(${SEARCHED}))
            WITH (gin_pending_list_limit = 1024)
        `);
    // For estimates of the number of results.
    await queryRunner.query(`
            CREATE STATISTICS "auth_users_searched" ON (${SEARCHED}) FROM "auth_users"
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_created_at_idx"
            ON "auth_users" ("created_at", "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_lower_username_idx"
            ON "auth_users" (lower("username"), "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_role_idx"
            ON "auth_users" ("role", "created_at", "id", "is_active", "email_verified_at")
            WHERE role <> 'user' AND deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_inactive_idx"
            ON "auth_users" ("created_at", "id", "role", "email_verified_at")
            WHERE NOT is_active AND deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_verified_idx"
            ON "auth_users" ("created_at", "id", "role", "is_active")
            WHERE email_verified_at IS NOT NULL AND deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_unverified_idx"
            ON "auth_users" ("created_at", "id", "role", "is_active")
            WHERE email_verified_at IS NULL AND deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_deleted_idx"
            ON "auth_users" ("created_at", "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_deleted_username_idx"
            ON "auth_users" (lower("username"), "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndexes(queryRunner, [
      'deleted_username',
      'deleted',
      'unverified',
      'verified',
      'inactive',
      'role',
      'lower_username',
      'created_at',
      'search',
    ]);
    await queryRunner.query(`DROP STATISTICS "auth_users_searched"`);
    await queryRunner.query(`DROP FUNCTION "auth_search_query"(text)`);
    await queryRunner.query(`DROP FUNCTION "auth_search_pieces"(text)`);
    await queryRunner.query(`
            CREATE INDEX "auth_users_search_idx" ON "auth_users" USING gin (${SEARCHED} gin_trgm_ops)
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_created_at_idx" ON "auth_users" ("created_at", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_lower_username_idx" ON "auth_users" (lower("username"), "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_role_idx" ON "auth_users" ("role", "created_at", "id")
            WHERE role <> 'user'
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_inactive_idx" ON "auth_users" ("created_at", "id")
            WHERE NOT is_active
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_verified_idx" ON "auth_users" ((email_verified_at IS NOT NULL), "created_at", "id")
        `);
  }
}

async function dropIndexes(queryRunner: QueryRunner, names: string[]): Promise<void> {
  for (const name of names) await queryRunner.query(`DROP INDEX "auth_users_${name}_idx"`);
}
