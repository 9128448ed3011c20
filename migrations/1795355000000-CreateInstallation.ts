import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds configuration that the service must not change: a table of one row that only the owner writes. It contains the
 * channel of notifications, whose random name only readers of the table know, and the retention periods of the audit
 * trail. The functions that delete old events now move the start of a chain themselves, so the service needs no
 * privilege to do so. A service of the previous version keeps working, but its nightly deletion waits.
 */
export class CreateInstallation1795355000000 implements MigrationInterface {
  name = 'CreateInstallation1795355000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_installation" (
                "id" smallint NOT NULL DEFAULT 1,
                "notices_channel" character varying(63) NOT NULL,
                "audit_retention_days" integer NOT NULL DEFAULT 30,
                "audit_address_days" integer NOT NULL DEFAULT 1,
                CONSTRAINT "auth_installation_pkey" PRIMARY KEY ("id"),
                CONSTRAINT "auth_installation_id_check" CHECK ("id" = 1),
                CONSTRAINT "auth_installation_audit_retention_days_check" CHECK ("audit_retention_days" >= 30),
                CONSTRAINT "auth_installation_audit_address_days_check" CHECK ("audit_address_days" >= 1)
            )
        `);
    await queryRunner.query(`
            INSERT INTO "auth_installation" ("notices_channel")
            VALUES ('astra_' || replace(gen_random_uuid()::text, '-', ''))
        `);

    const schema = await ownSchema(queryRunner);
    // The rule depends on the row and not on the user, so it applies to the owner as well.
    await queryRunner.query(`
            CREATE OR REPLACE FUNCTION "auth_audit_keep"() RETURNS trigger
            LANGUAGE plpgsql SET search_path = ${schema}, pg_temp AS $$
            DECLARE
                shortened auth_audit_events;
                days integer;
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    SELECT audit_retention_days INTO STRICT days FROM auth_installation;
                    IF OLD.created_at < now() - make_interval(days => days)
                        AND OLD.seq <= (SELECT purged_seq FROM auth_audit_chains WHERE id = OLD.chain)
                    THEN
                        RETURN OLD;
                    END IF;
                ELSE
                    SELECT audit_address_days INTO STRICT days FROM auth_installation;
                    shortened := OLD;
                    shortened.ip := auth_audit_network(OLD.ip);
                    shortened.address_salt := NULL;
                    IF NEW::text = shortened::text
                        AND OLD.created_at < now() - make_interval(days => days)
                        AND OLD.seq <= (SELECT shortened_seq FROM auth_audit_chains WHERE id = OLD.chain)
                    THEN
                        RETURN NEW;
                    END IF;
                END IF;
                RAISE insufficient_privilege USING MESSAGE =
                    format('%s refused: audit events are only ever added, and stay as they are for %s days', TG_OP, days);
            END
            $$
        `);
    await queryRunner.query(`
            DROP FUNCTION "auth_audit_purge"(smallint, bigint), "auth_audit_shorten_addresses"(smallint, bigint, bigint)
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_purge"(of_chain smallint, up_to bigint, signature bytea) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
            DECLARE
                purged bigint;
            BEGIN
                UPDATE auth_audit_chains AS head
                   SET purged_seq = up_to, purged_hash = last.hash, mac = signature,
                       shortened_seq = greatest(head.shortened_seq, up_to)
                  FROM auth_audit_events AS last
                 WHERE head.id = of_chain AND head.purged_seq < up_to AND last.chain = of_chain AND last.seq = up_to;
                IF NOT FOUND THEN
                    RAISE insufficient_privilege USING MESSAGE = 'DELETE refused: audit events are only ever added';
                END IF;
                DELETE FROM auth_audit_events WHERE chain = of_chain AND seq <= up_to;
                GET DIAGNOSTICS purged = ROW_COUNT;
                RETURN purged;
            END
            $$
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_shorten_addresses"(of_chain smallint, up_to bigint, signature bytea) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
            DECLARE
                since bigint;
                shortened bigint;
            BEGIN
                SELECT shortened_seq INTO since FROM auth_audit_chains
                 WHERE id = of_chain AND shortened_seq < up_to AND up_to <= seq FOR UPDATE;
                IF NOT FOUND THEN
                    RAISE insufficient_privilege USING MESSAGE = 'UPDATE refused: audit events are only ever added';
                END IF;
                UPDATE auth_audit_chains SET shortened_seq = up_to, mac = signature WHERE id = of_chain;
                UPDATE auth_audit_events SET ip = auth_audit_network(ip), address_salt = NULL
                 WHERE chain = of_chain AND seq > since AND seq <= up_to AND address_salt IS NOT NULL;
                GET DIAGNOSTICS shortened = ROW_COUNT;
                RETURN shortened;
            END
            $$
        `);
    await queryRunner.query(`
            REVOKE ALL ON FUNCTION "auth_audit_purge", "auth_audit_shorten_addresses" FROM PUBLIC
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    const schema = await ownSchema(queryRunner);
    await queryRunner.query(`
            DROP FUNCTION "auth_audit_shorten_addresses", "auth_audit_purge"
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_shorten_addresses"(of_chain smallint, since bigint, up_to bigint) RETURNS bigint
            LANGUAGE sql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
                WITH shortened AS (
                    UPDATE auth_audit_events SET ip = auth_audit_network(ip), address_salt = NULL
                     WHERE chain = of_chain AND seq > since AND seq <= up_to AND address_salt IS NOT NULL
                    RETURNING 1
                )
                SELECT count(*) FROM shortened
            $$
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_purge"(of_chain smallint, up_to bigint) RETURNS bigint
            LANGUAGE sql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
                WITH purged AS (
                    DELETE FROM auth_audit_events WHERE chain = of_chain AND seq <= up_to RETURNING 1
                )
                SELECT count(*) FROM purged
            $$
        `);
    await queryRunner.query(`
            REVOKE ALL ON FUNCTION "auth_audit_purge", "auth_audit_shorten_addresses" FROM PUBLIC
        `);
    await queryRunner.query(`
            CREATE OR REPLACE FUNCTION "auth_audit_keep"() RETURNS trigger
            LANGUAGE plpgsql SET search_path = ${schema}, pg_temp AS $$
            DECLARE
                shortened auth_audit_events;
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    IF OLD.created_at < now() - interval '30 days'
                        AND OLD.seq <= (SELECT purged_seq FROM auth_audit_chains WHERE id = OLD.chain)
                    THEN
                        RETURN OLD;
                    END IF;
                ELSE
                    shortened := OLD;
                    shortened.ip := auth_audit_network(OLD.ip);
                    shortened.address_salt := NULL;
                    IF NEW::text = shortened::text
                        AND OLD.created_at < now() - interval '1 day'
                        AND OLD.seq <= (SELECT shortened_seq FROM auth_audit_chains WHERE id = OLD.chain)
                    THEN
                        RETURN NEW;
                    END IF;
                END IF;
                RAISE insufficient_privilege USING MESSAGE = TG_OP || ' refused: audit events are only ever added';
            END
            $$
        `);
    await queryRunner.query(`
            DROP TABLE "auth_installation"
        `);
  }
}

/**
 * Functions that run with the owner's privileges find the owner's tables, regardless of objects or settings of the
 * caller.
 */
async function ownSchema(queryRunner: QueryRunner): Promise<string> {
  const [{ schema }] = (await queryRunner.query('SELECT quote_ident(current_schema()) AS schema')) as [
    { schema: string },
  ];
  return schema;
}
