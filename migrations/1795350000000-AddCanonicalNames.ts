import { domainToASCII } from 'node:url';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts per query. */
const BATCH = 1_000;
/** Maximum of clashes named in an error. */
const NAMED = 20;

interface Clash {
  key: string;
  accounts: string[];
}

/**
 * Adds the canonical form of each username and email address, in separate columns with plain unique indexes, and the
 * text for searches. Previously `lower(…)` identified accounts, which depends on the collation. A trigger maintains the
 * columns, so that no statement can forget them: another version of the service during an upgrade, a host's own code,
 * or an operator.
 *
 * Non-ASCII names were already written in one form, so only A to Z change.
 */
export class AddCanonicalNames1795350000000 implements MigrationInterface {
  name = 'AddCanonicalNames1795350000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    for (const index of [
      'username_key',
      'email_key',
      'lower_username_idx',
      'deleted_username_idx',
      'search_idx',
    ])
      await queryRunner.query(`DROP INDEX "auth_users_${index}"`);
    await queryRunner.query(`DROP STATISTICS "auth_users_searched"`);
    await rewriteEmails(queryRunner);

    await queryRunner.query(`
            CREATE FUNCTION "auth_fold"(shown text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
              SELECT CASE WHEN shown ~ '^[ -~]*$' THEN lower(shown COLLATE "C") ELSE translate(shown, ${await letters(queryRunner)}) END
            $$
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ADD "username_key" character varying(50) COLLATE "C",
            ADD "email_key" character varying(254) COLLATE "C",
            ADD "search_text" text COLLATE "C"
        `);
    // All rows are written once; an UPDATE would leave a dead version of each.
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ALTER "username_key" TYPE character varying(50) COLLATE "C" USING lower("username" COLLATE "C"),
            ALTER "email_key" TYPE character varying(254) COLLATE "C" USING lower("email" COLLATE "C"),
            ALTER "search_text" TYPE text COLLATE "C"
              USING lower("username" || E'\\n' || "email" COLLATE "C") || E'\\n' || coalesce(auth_fold("full_name"), ''),
            ALTER "username_key" SET NOT NULL,
            ALTER "email_key" SET NOT NULL,
            ALTER "search_text" SET NOT NULL
        `);
    await refuseClashes(queryRunner);

    await queryRunner.query(`
            CREATE FUNCTION "auth_users_fold"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
            BEGIN
              IF TG_OP = 'INSERT' OR NEW.email IS DISTINCT FROM OLD.email THEN
                IF split_part(NEW.email, '@', 2) !~ '^[!-~]*$' THEN
                  RAISE check_violation USING MESSAGE = 'The domain of an email address is stored in ASCII',
                    TABLE = TG_TABLE_NAME, CONSTRAINT = 'auth_users_email_domain_check';
                END IF;
              END IF;
              NEW.username_key := lower(NEW.username COLLATE "C");
              NEW.email_key := lower(NEW.email COLLATE "C");
              NEW.search_text := NEW.username_key || E'\\n' || NEW.email_key || E'\\n' || coalesce(auth_fold(NEW.full_name), '');
              RETURN NEW;
            END $$
        `);
    await queryRunner.query(`
            CREATE TRIGGER "auth_users_fold" BEFORE INSERT OR UPDATE OF username, email, full_name ON "auth_users"
            FOR EACH ROW EXECUTE FUNCTION "auth_users_fold"()
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_username_key" ON "auth_users" ("username_key")
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_email_key" ON "auth_users" ("email_key")
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_username_idx"
            ON "auth_users" ("username_key", "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_deleted_username_idx"
            ON "auth_users" ("username_key", "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_search_idx" ON "auth_users" USING gin (auth_search_pieces("search_text"))
            WITH (gin_pending_list_limit = 1024)
        `);
    // For estimates of the number of results; the old statistics were lost with the rows.
    await queryRunner.query(`ANALYZE "auth_users"`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    for (const index of ['search_idx', 'deleted_username_idx', 'username_idx', 'email_key', 'username_key'])
      await queryRunner.query(`DROP INDEX "auth_users_${index}"`);
    await queryRunner.query(`DROP TRIGGER "auth_users_fold" ON "auth_users"`);
    await queryRunner.query(`DROP FUNCTION "auth_users_fold"()`);
    await queryRunner.query(`
            ALTER TABLE "auth_users" DROP COLUMN "search_text", DROP COLUMN "email_key", DROP COLUMN "username_key"
        `);
    await queryRunner.query(`DROP FUNCTION "auth_fold"(text)`);
    const searched = `lower(username || E'\\n' || email || E'\\n' || coalesce(full_name, ''))`;
    await queryRunner.query(`
            CREATE INDEX "auth_users_search_idx" ON "auth_users" USING gin (auth_search_pieces(${searched}))
            WITH (gin_pending_list_limit = 1024)
        `);
    await queryRunner.query(`
            CREATE STATISTICS "auth_users_searched" ON (${searched}) FROM "auth_users"
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_lower_username_idx"
            ON "auth_users" (lower("username"), "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_deleted_username_idx"
            ON "auth_users" (lower("username"), "id", "role", "is_active", "email_verified_at")
            WHERE deleted_at IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_username_key" ON "auth_users" (lower("username"))
            WHERE deleted_at IS NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_users_email_key" ON "auth_users" (lower("email"))
            WHERE deleted_at IS NULL
        `);
  }
}

/** Converts non-ASCII email addresses to one form. Text that is not a domain is kept, as a mailbox of its own. */
async function rewriteEmails(queryRunner: QueryRunner): Promise<void> {
  let last: string | null = null;
  for (;;) {
    const rows = (await queryRunner.query(
      `SELECT id, email FROM auth_users
        WHERE email !~ '^[!-~]*$' AND ($1::uuid IS NULL OR id > $1)
        ORDER BY id LIMIT ${BATCH}`,
      [last],
    )) as { id: string; email: string }[];
    const rewritten = rows
      .map(({ id, email }) => ({ id, email: toOneForm(email) }))
      .filter(({ email }) => email.length <= 254);
    await queryRunner.query(
      `UPDATE auth_users AS u SET email = new.email FROM json_to_recordset($1) AS new (id uuid, email text) WHERE u.id = new.id`,
      [JSON.stringify(rewritten)],
    );
    if (rows.length < BATCH) return;
    last = rows[rows.length - 1].id;
  }
}

/** Returns the domain in ASCII, as mail servers look it up, and a non-ASCII local part in lowercase. */
function toOneForm(email: string): string {
  const at = email.lastIndexOf('@') + 1;
  const [local, domain] = [email.slice(0, at), email.slice(at)];
  const small = Array.from(local.normalize('NFC'), (letter) => letter.toLowerCase())
    .join('')
    .normalize('NFC');
  // The URL parser would also decode percent signs, and stop at a slash.
  const isName = /^[A-Za-z0-9.\-\u0080-\uffff]*$/.test(domain);
  return (/^[ -~]*$/.test(local) ? local : small) + ((isName && domainToASCII(domain)) || domain);
}

/**
 * Returns the letters that have a lowercase form, and these forms, as SQL, as far as the encoding of the database
 * supports them.
 */
async function letters(queryRunner: QueryRunner): Promise<string> {
  const [{ server_encoding: encoding }] = (await queryRunner.query('SHOW server_encoding')) as [
    { server_encoding: string },
  ];
  let [large, small] = ['', ''];
  for (let code = 0; code <= (encoding === 'UTF8' ? 0x1ffff : 0x7f); code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const letter = String.fromCodePoint(code);
    // Its lowercase form has two characters; searches ignore the dot above i.
    const lower = letter === 'İ' ? 'i' : letter.toLowerCase();
    if (lower === letter || Array.from(lower).length > 1) continue;
    large += letter;
    small += lower;
  }
  return `'${large}', '${small}'`;
}

/**
 * Rejects accounts that would become equal.
 *
 * @throws {Error} with these accounts and a fix.
 */
async function refuseClashes(queryRunner: QueryRunner): Promise<void> {
  const clashesOf = async (column: string, label: string) => {
    const clashes = (await queryRunner.query(
      `SELECT ${column}_key AS key, array_agg(format('%s (id %s)', ${column}, id) ORDER BY created_at, id) AS accounts
         FROM auth_users WHERE deleted_at IS NULL
        GROUP BY ${column}_key HAVING count(*) > 1 ORDER BY 1 LIMIT ${NAMED + 1}`,
    )) as Clash[];
    return clashes.map(({ accounts }) => `${label}: ${accounts.join(', ')}`);
  };
  const clashes = [
    ...(await clashesOf('username', 'username')),
    ...(await clashesOf('email', 'email address')),
  ];
  if (clashes.length === 0) return;
  const shown = clashes.slice(0, NAMED);
  throw new Error(
    [
      'Nothing was changed: accounts have the same name, written in different ways, and only one of each may keep it.',
      ...shown,
      ...(clashes.length > NAMED ? ['and more'] : []),
      `Keep the account whose owner you know. Delete each of the others, whose data stays for the days of grace: UPDATE auth_users SET deleted_at = now() WHERE id = '…'; or give it another name. Then run the migration again.`,
    ].join('\n'),
  );
}
