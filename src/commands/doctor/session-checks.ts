import type { DataSource } from 'typeorm';
import { SESSION_ADVICE, unfitSettings } from '../../database/connections/host-sessions.js';
import { keepsNames } from '../../database/named-statements.js';
import { sessionSettings } from '../../database/connections/session-settings.js';
import { type DatabaseCheck, look, well, wrong } from './check.js';

interface DatabaseFacts {
  encoding: string;
  collate: string;
  ctype: string;
  /** Locale of ICU or of Postgres' builtin provider; `null`: that of the C library. */
  locale: string | null;
  isStale: boolean;
  name: string;
}

/** Checks that the database can store all characters, and that the collation of its indexes is current. */
export const encodingCheck: DatabaseCheck = {
  name: 'Encoding',
  async run(db) {
    const [facts]: DatabaseFacts[] = await db.query(
      `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype, datname AS name,
              coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
              coalesce(to_jsonb(d) ->> 'datcollversion' <> pg_database_collation_actual_version(oid), false) AS "isStale"
         FROM pg_database d WHERE datname = current_database()`,
    );
    const { encoding, collate, ctype, locale } = facts;
    const says = `${encoding}, collation ${locale ?? collate}, character type ${ctype}`;
    if (encoding !== 'UTF8')
      return wrong(
        `${says}: most names and texts cannot be stored`,
        `Create another database (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), and move the data there by pg_dump.`,
      );
    if (facts.isStale)
      return wrong(
        `${says}: the sort order of the server has changed since the indexes were created, so unique indexes may miss rows`,
        `As the owner of the database: REINDEX DATABASE "${facts.name}"; ALTER DATABASE "${facts.name}" REFRESH COLLATION VERSION`,
      );
    return well(says);
  },
};

/** Checks that sessions have the required settings, and that the server accepts writes. */
export const sessionCheck: DatabaseCheck = {
  name: 'Session',
  async run(db) {
    const differing = await differingSettings(db);
    if (differing.length > 0)
      return wrong(
        `${differing.map(({ name, value, wanted }) => `${name} is ${value}, not ${wanted}`).join('; ')}: a pooler discards session settings`,
        'Set them on the role: astra migrate does so for POSTGRES_SERVICE_USER; or connect by a pooler in session mode.',
      );
    const [own]: { read_only: string; in_recovery: boolean; commit: string }[] = await db.query(
      `SELECT current_setting('transaction_read_only') AS read_only, pg_is_in_recovery() AS in_recovery,
              current_setting('synchronous_commit') AS commit`,
    );
    if (own.in_recovery)
      return wrong('the server is a replica: nothing can be written', 'Connect to the primary.');
    if (own.read_only === 'on')
      return wrong(
        'the database is set to read-only: nothing can be written',
        'Find out why (full disk, maintenance), then run: ALTER DATABASE … RESET default_transaction_read_only (or ALTER ROLE).',
      );
    return own.commit === 'off'
      ? look(
          'synchronous_commit is off: the most recent changes are lost if the server crashes',
          'Set it to on for this database, or accept that.',
        )
      : well('set up as the service needs it');
  },
};

/**
 * Checks the sessions of a host. Its DataSource may have options of its own, so its sessions start with the defaults of
 * the server.
 */
export const hostSessionCheck: DatabaseCheck = {
  name: sessionCheck.name,
  async run(db) {
    const unfit = await unfitSettings(db, 'reset_val');
    return unfit.length > 0
      ? look(`${unfit.join('; ')}: a DataSource with options of its own is refused`, SESSION_ADVICE)
      : sessionCheck.run(db);
  },
};

/** Queries several connections, because behind a pooler each may reach another session. */
async function differingSettings(db: DataSource): Promise<{ name: string; value: string; wanted: string }[]> {
  const ask = () =>
    db.query<{ name: string; value: string; wanted: string }[]>(
      `SELECT name, current_setting(name) AS value, wanted
         FROM unnest($1::text[], $2::text[]) AS needed (name, wanted)
        WHERE lower(current_setting(name)) <> lower(wanted)`,
      [Object.keys(sessionSettings), Object.values(sessionSettings)],
    );
  const answers = await Promise.all(Array.from({ length: 5 }, ask));
  return answers.find((differing) => differing.length > 0) ?? [];
}

/** Checks whether a pooler shares connections between transactions, which prevents prepared statements. */
export const poolerCheck: DatabaseCheck = {
  name: 'Statements',
  async run(db) {
    return (await keepsNames(db))
      ? well('planned once per connection')
      : look(
          'a pooler discards named statements, so every refresh and every audit event is planned again',
          'Connect directly, with a pooler in session mode, or with PgBouncer 1.21 or newer with max_prepared_statements above 0.',
        );
  },
};
