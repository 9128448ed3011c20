import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A service account has no email address and no password, which the database ensures. */
export class AddServiceAccounts1795600000010 implements MigrationInterface {
  name = 'AddServiceAccounts1795600000010';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(foldWith(`coalesce(NEW.email_key, '')`));
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            ALTER "email" DROP NOT NULL,
            ALTER "email_key" DROP NOT NULL,
            ADD CONSTRAINT "auth_users_kind_email_check" CHECK (("kind" = 'service') = ("email" IS NULL)),
            ADD CONSTRAINT "auth_users_service_check" CHECK (
              "kind" <> 'service' OR "hashed_password" IS NULL AND "email_verified_at" IS NULL
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_users_service_idx" ON "auth_users" ("created_at", "id", "role", "is_active")
            WHERE kind = 'service' AND deleted_at IS NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "auth_users_service_idx"
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users"
            DROP CONSTRAINT "auth_users_service_check",
            DROP CONSTRAINT "auth_users_kind_email_check"
        `);
    // Nobody can receive mail there (RFC 2606).
    await queryRunner.query(`
            UPDATE "auth_users" SET "email" = "id" || '@service.invalid' WHERE "email" IS NULL
        `);
    await queryRunner.query(`
            ALTER TABLE "auth_users" ALTER "email" SET NOT NULL, ALTER "email_key" SET NOT NULL
        `);
    await queryRunner.query(foldWith('NEW.email_key'));
  }
}

/** Replaces the function of the trigger that derives the keys and the text for searches. */
const foldWith = (emailKey: string) => `
            CREATE OR REPLACE FUNCTION "auth_users_fold"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
            BEGIN
              IF TG_OP = 'INSERT' OR NEW.email IS DISTINCT FROM OLD.email THEN
                IF split_part(NEW.email, '@', 2) !~ '^[!-~]*$' THEN
                  RAISE check_violation USING MESSAGE = 'The domain of an email address is stored in ASCII',
                    TABLE = TG_TABLE_NAME, CONSTRAINT = 'auth_users_email_domain_check';
                END IF;
              END IF;
              NEW.username_key := lower(NEW.username COLLATE "C");
              NEW.email_key := lower(NEW.email COLLATE "C");
              NEW.search_text := NEW.username_key || E'\\n' || ${emailKey} || E'\\n' || coalesce(auth_fold(NEW.full_name), '');
              RETURN NEW;
            END $$
        `;
