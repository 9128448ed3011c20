import type { DataSource } from 'typeorm';
import { newClient } from '../../database/connections/pool.js';
import { hearsNotices } from '../../database/notices/hears-notices.js';
import { findObstacle } from '../../schema/migration-obstacle.js';
import { migrations } from '../../schema/migrations.js';
import { findNewerMigrations } from '../../schema/newer-migrations.js';
import type { Environment } from '../../env.js';
import { counted, plural } from '../../service/counted.js';
import { type DatabaseCheck, type Finding, look, well, wrong } from './check.js';

/** Round-trip time in ms above which the connection is slow. */
const SLOW = 20;
/** Allowed clock difference in seconds, as in the verification of tokens. */
const CLOCK_SKEW = 30;
/** Oldest major version maintained by the PostgreSQL project (2026). */
const OLDEST_MAINTAINED = 15;

/** Checks the version of the server and its response time, as the median of five queries. */
export async function serverCheck(db: DataSource, where: string): Promise<Finding> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const sentAt = performance.now();
    await db.query('SELECT 1');
    times.push(performance.now() - sentAt);
  }
  const [{ version, me }]: [{ version: string; me: string }] = await db.query(
    `SELECT current_setting('server_version_num') AS version, current_user AS me`,
  );
  const major = Math.floor(Number(version) / 10_000);
  const latency = times.sort((a, b) => a - b)[2];
  const says = `PostgreSQL ${major} at ${where}, as ${me}; responds in ${latency.toFixed(1)} ms`;
  if (major < OLDEST_MAINTAINED)
    return look(
      says,
      `Upgrade to PostgreSQL ${OLDEST_MAINTAINED} or newer: ${major} is no longer maintained.`,
    );
  return latency > SLOW
    ? look(
        says,
        'Most requests send several queries one after another. Run the service closer to the database.',
      )
    : well(says);
}

/** Checks that the clocks of the server and of this machine agree. */
export const clockCheck: DatabaseCheck = {
  name: 'Clock',
  async run(db) {
    const sentAt = Date.now();
    const [{ now }]: [{ now: Date }] = await db.query('SELECT clock_timestamp() AS now');
    const [early, late] = [sentAt - now.getTime(), now.getTime() - Date.now()];
    const seconds = Math.max(early, late, 0) / 1000;
    const says = `${seconds.toFixed(1)} s off the clock of the database`;
    const next = 'Synchronize the clocks of both machines with NTP.';
    if (seconds >= CLOCK_SKEW) return wrong(says, next);
    return seconds >= 1 ? look(says, next) : well('matches the database');
  },
};

/** Checks that a host has applied Astra's migrations, regardless of the table that records them. */
export const hostMigrationsCheck: DatabaseCheck = {
  name: 'Migrations',
  async run(db) {
    const tables = await db.query<{ name: string }[]>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
        WHERE column_name IN ('id', 'timestamp', 'name')
        GROUP BY table_schema, table_name HAVING count(*) = 3`,
    );
    const names = migrations.map(({ name }) => name);
    let applied = 0;
    for (const { name } of tables) {
      const sql = `SELECT count(DISTINCT name)::int AS count FROM ${name} WHERE name = ANY ($1)`;
      const [{ count }] = await db.query<[{ count: number }]>(sql, [names]);
      applied = Math.max(applied, count);
    }
    return applied === names.length
      ? well(`all ${names.length} are applied`)
      : wrong(
          `${names.length - applied} of ${names.length} ${plural(names.length - applied, 'is', 'are')} not applied`,
          'Add astraMigrations to the migrations of the DataSource, and apply them together with those of the application.',
        );
  },
};

/** Checks that the tables match this version. */
export const migrationsCheck = ({ production, serviceRole }: Environment): DatabaseCheck => ({
  name: 'Migrations',
  async run(db) {
    const [{ table }]: [{ table: string | null }] = await db.query(
      `SELECT to_regclass('auth_migrations') AS table`,
    );
    const rows: { name: string }[] = table ? await db.query('SELECT name FROM auth_migrations') : [];
    const [applied, known] = [rows.map(({ name }) => name), migrations.map(({ name }) => name)];
    const pending = known.filter((name) => !applied.includes(name));
    if (!table) {
      const hidden: { schema: string }[] = await db.query(
        `SELECT nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
          WHERE relname = 'auth_migrations'`,
      );
      if (hidden.length > 0)
        return wrong(
          `the tables are in the schema ${hidden[0].schema}, which this role cannot use, or which is not in its search_path`,
          'Run astra migrate, which configures both for POSTGRES_SERVICE_USER.',
        );
      const obstacle = serviceRole ? undefined : await findObstacle(db);
      if (obstacle) return wrong(`they cannot be applied: ${obstacle.says}`, obstacle.next);
    }
    if (pending.length > 0) {
      const says = `${pending.length} of ${known.length} ${plural(pending.length, 'is', 'are')} not applied`;
      return production || serviceRole
        ? wrong(says, 'Run astra migrate.')
        : look(says, 'The next start applies them. You can also run astra migrate.');
    }
    const { expanding, contracting } = await findNewerMigrations(db);
    if (contracting.length > 0)
      return wrong(
        `this version cannot run on ${counted(contracting.length, 'migration')} of a newer version`,
        'Run the newer version.',
      );
    return expanding.length > 0
      ? look(
          `${counted(expanding.length, 'is', 'are')} unknown to this version, which can run on the tables of the newer one`,
          'Finish the upgrade, or run on until you try it again. The tables need no backup to go back.',
        )
      : well(`all ${known.length} are applied`);
  },
});

/** Checks that the extension needed by the search is installed. */
export const trigramCheck: DatabaseCheck = {
  name: 'pg_trgm',
  async run(db) {
    const [extension]: { version: string | null }[] = await db.query(
      `SELECT installed_version AS version FROM pg_available_extensions WHERE name = 'pg_trgm'`,
    );
    if (!extension)
      return wrong(
        'not installed on the server',
        'Install the extensions bundled with Postgres (postgresql-contrib).',
      );
    return extension.version
      ? well(extension.version)
      : look(
          'available, but not installed in this database',
          'astra migrate adds it. If its role may not, a superuser does: CREATE EXTENSION pg_trgm',
        );
  },
};

/** Checks that the role has all privileges that the service needs, and no excess ones. */
export const rightsCheck: DatabaseCheck = {
  name: 'Rights',
  async run(db) {
    const needed = db.entityMetadatas.flatMap(({ tableName }) =>
      rightsOn(tableName).map((right) => ({ table: tableName, right })),
    );
    // `to_regclass` is NULL for missing tables, which are not reported here.
    const missing: { table: string; right: string }[] = await db.query(
      `SELECT needed.* FROM json_to_recordset($1) AS needed ("table" text, "right" text)
        WHERE NOT has_table_privilege(to_regclass("table"), "right")
          AND NOT ("right" IN ('INSERT', 'UPDATE') AND has_any_column_privilege(to_regclass("table"), "right"))
        UNION ALL
       SELECT 'auth_installation', 'SELECT' WHERE NOT has_table_privilege(to_regclass('auth_installation'), 'SELECT')
        UNION ALL
       SELECT 'astra_jobs', 'USAGE' FROM pg_namespace
        WHERE nspname = 'astra_jobs' AND NOT has_schema_privilege(oid, 'USAGE')`,
      [JSON.stringify(needed)],
    );
    if (missing.length > 0) {
      const [{ table, right }] = missing;
      const others = missing.length > 1 ? `, and ${missing.length - 1} more` : '';
      return wrong(
        `${right} on ${table} is missing${others}`,
        'Run astra migrate, which grants POSTGRES_SERVICE_USER its privileges.',
      );
    }
    const [{ mighty }]: [{ mighty: boolean }] = await db.query(
      `SELECT rolsuper OR coalesce(pg_has_role(relowner, 'MEMBER'), false) AS mighty
         FROM pg_roles LEFT JOIN pg_class ON pg_class.oid = to_regclass('auth_audit_events')
        WHERE rolname = current_user`,
    );
    if (mighty)
      return look(
        'the service owns its tables, so it could change the audit trail',
        'Set POSTGRES_SERVICE_USER to another role, and run astra migrate.',
      );
    const [{ excessive }]: [{ excessive: boolean }] = await db.query(
      `SELECT coalesce(has_column_privilege(to_regclass('auth_audit_chains'), 'purged_seq', 'UPDATE')
                    OR has_any_column_privilege(to_regclass('auth_installation'), 'UPDATE'), false) AS excessive`,
    );
    return excessive
      ? wrong(
          'the service could delete audit events before their retention ends',
          'Run astra migrate, which revokes excess privileges.',
        )
      : well('only those that the service needs');
  },
};

/** Checks that the retention enforced by the database matches the settings. */
export const retentionCheck = ({ auth }: Environment): DatabaseCheck => ({
  name: 'Retention',
  async run(db) {
    const [kept]: { events: number; addresses: number }[] = await db.query(
      'SELECT audit_retention_days + 1 AS events, audit_address_days + 1 AS addresses FROM auth_installation',
    );
    const { auditRetentionDays: events, auditAddressDays: addresses } = auth;
    const says = `audit events are kept for ${kept.events} days, IP addresses for ${kept.addresses}`;
    return kept.events === events && kept.addresses === addresses
      ? well(says)
      : look(
          `${says}, but the settings say ${events} and ${addresses}`,
          'Run astra migrate: only the owner of the tables can change this.',
        );
  },
});

/** Returns the privileges that the service needs on a table. The audit trail is append-only. */
function rightsOn(table: string): string[] {
  if (table === 'auth_audit_events') return ['SELECT', 'INSERT'];
  if (table === 'auth_audit_chains') return ['SELECT', 'INSERT', 'UPDATE'];
  return ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
}

/** Checks that notifications reach other connections. */
export const noticesCheck: DatabaseCheck = {
  name: 'LISTEN',
  async run(db) {
    const listener = newClient(db, { query_timeout: 2_000 });
    listener.on('error', () => undefined);
    try {
      await listener.connect();
      await listener.query('LISTEN astra_doctor');
      const isHeard = await hearsNotices(listener, 'astra_doctor', db, 2_000);
      return isHeard
        ? well('notifications arrive')
        : wrong(
            'notifications do not arrive: other instances keep accepting cached sessions, even after a sign-out',
            'Set DATABASE_DIRECT_URL, or connect without a pooler, or with one in session mode (PgBouncer: pool_mode = session).',
          );
    } finally {
      await listener.end();
    }
  },
};
