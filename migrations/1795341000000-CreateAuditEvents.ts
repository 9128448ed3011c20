import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuditEvents1795341000000 implements MigrationInterface {
  name = 'CreateAuditEvents1795341000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "auth_audit_chains" (
                "id" smallint NOT NULL,
                "seq" bigint NOT NULL DEFAULT '0',
                "hash" bytea NOT NULL,
                "purged_seq" bigint NOT NULL DEFAULT '0',
                "purged_hash" bytea NOT NULL,
                "shortened_seq" bigint NOT NULL DEFAULT '0',
                "mac" bytea,
                "touched_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT '-infinity',
                CONSTRAINT "auth_audit_chains_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "auth_audit_events" (
                "id" uuid NOT NULL,
                "type" character varying(40) NOT NULL,
                "user_id" uuid,
                "actor_id" uuid,
                "ip" inet,
                "user_agent" character varying(400),
                "request_id" character varying(64),
                "data" json NOT NULL,
                "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
                "chain" smallint NOT NULL,
                "seq" bigint NOT NULL,
                "hash" bytea NOT NULL,
                "address_digest" bytea,
                "address_salt" bytea,
                CONSTRAINT "auth_audit_events_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_audit_events_type_idx" ON "auth_audit_events" ("type", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_audit_events_actor_id_idx" ON "auth_audit_events" ("actor_id", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "auth_audit_events_user_id_idx" ON "auth_audit_events" ("user_id", "id")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "auth_audit_events_chain_seq_key" ON "auth_audit_events" ("chain", "seq")
        `);
    // Free space for the next versions of a row, one per event, so that they are HOT updates.
    await queryRunner.query(`
            ALTER TABLE "auth_audit_chains" SET (fillfactor = 20)
        `);
    // Row 0 contains the number of chains.
    await queryRunner.query(`
            INSERT INTO "auth_audit_chains" ("id", "hash", "purged_hash")
            VALUES (0, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))
        `);

    // Functions that run with the owner's privileges find the owner's tables, regardless of objects or settings of the
    // caller.
    const [{ schema }] = (await queryRunner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_network"(address inet) RETURNS inet
            LANGUAGE sql IMMUTABLE AS $$
                SELECT network(set_masklen(address, CASE family(address) WHEN 4 THEN 24 ELSE 48 END))::inet
            $$
        `);
    // The rule depends on the row and not on the user, so it applies to the owner as well.
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_keep"() RETURNS trigger
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
            CREATE TRIGGER "audit_events_keep" BEFORE UPDATE OR DELETE ON "auth_audit_events"
            FOR EACH ROW EXECUTE FUNCTION "auth_audit_keep"()
        `);
    await queryRunner.query(`
            CREATE FUNCTION "auth_audit_refuse"() RETURNS trigger
            LANGUAGE plpgsql AS $$
            BEGIN
                RAISE insufficient_privilege USING MESSAGE = TG_OP || ' refused: audit events are only ever added';
            END
            $$
        `);
    await queryRunner.query(`
            CREATE TRIGGER "audit_events_refuse" BEFORE TRUNCATE ON "auth_audit_events"
            FOR EACH STATEMENT EXECUTE FUNCTION "auth_audit_refuse"()
        `);
    await queryRunner.query(`
            CREATE TRIGGER "audit_chains_refuse" BEFORE DELETE OR TRUNCATE ON "auth_audit_chains"
            FOR EACH STATEMENT EXECUTE FUNCTION "auth_audit_refuse"()
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
            REVOKE ALL ON FUNCTION "auth_audit_purge", "auth_audit_shorten_addresses" FROM PUBLIC
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP FUNCTION "auth_audit_shorten_addresses", "auth_audit_purge"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_audit_events_chain_seq_key"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_audit_events_user_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_audit_events_actor_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "auth_audit_events_type_idx"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_audit_events"
        `);
    await queryRunner.query(`
            DROP TABLE "auth_audit_chains"
        `);
    await queryRunner.query(`
            DROP FUNCTION "auth_audit_refuse", "auth_audit_keep", "auth_audit_network"
        `);
  }
}
