import pg from 'pg';
import type { EntityManager } from 'typeorm';
import { auditRights } from '../audit/retention/audit-rights.js';
import { sessionSettings } from '../database/connections/session-settings.js';
import { databaseErrorCode } from '../http/problem/database-errors.js';
import { scramVerifier } from './scram-verifier.js';

/** Postgres role of the service, which can change rows, but neither tables nor the audit trail. */
export interface ServiceRole {
  username: string;
  /** Password; `undefined` if the role already has one, or needs none. */
  password?: string;
}

interface KnownRole {
  /**
   * Comment of the role, which identifies its installation: roles belong to the whole server, and so may belong to
   * other installations.
   */
  comment: string | null;
  /** Whether an earlier version, which set no comments, granted it privileges here. */
  isUsedHere: boolean;
  isMighty: boolean;
}

/**
 * Creates the role if it does not exist, and grants it the privileges that the service needs, and no others. Run by the
 * owner of the tables after each change of the tables.
 *
 * @param options.setPassword - Also sets the password of an existing role. Default `false`: only of a new one.
 * @throws {Error} if the role belongs to another installation, or could grant itself more privileges.
 */
export async function setUpServiceRole(
  tx: EntityManager,
  { username, password }: ServiceRole,
  { setPassword = false } = {},
): Promise<void> {
  const role = pg.escapeIdentifier(username);
  const { database, schema, path } = await findPlace(tx);
  const comment = commentOf({ database, schema });
  const known = await findRole(username, tx);
  if (!known) await createRole(role, comment, tx);
  else {
    assertOurs(username, comment, known);
    if (known.comment === null) await ifPermitted(tx, () => tx.query(markOf(role, comment)));
  }

  // A verifier instead of the password, which could otherwise appear in Postgres' log.
  if (password !== undefined && (!known || setPassword))
    await tx.query(`ALTER ROLE ${role} PASSWORD '${await scramVerifier(password)}'`);
  await grantSchemas(username, schema, tx);
  for (const sql of serviceRights(tx, role)) await tx.query(sql);
  // The search path finds the tables. The other settings are for poolers, behind which each statement may reach another
  // session.
  const settings = { ...sessionSettings, search_path: path };
  await ifPermitted(tx, async () => {
    for (const [name, value] of Object.entries(settings)) {
      const quoted = name === 'search_path' ? value : pg.escapeLiteral(value);
      await tx.query(
        `ALTER ROLE ${role} IN DATABASE ${pg.escapeIdentifier(database)} SET ${name} = ${quoted}`,
      );
    }
  });
}

/**
 * Checks whether {@link setUpServiceRole} would fail, before there are any tables.
 *
 * @throws {Error} like {@link setUpServiceRole}.
 */
export async function checkServiceRole(tx: EntityManager, { username }: ServiceRole): Promise<void> {
  const comment = commentOf(await findPlace(tx));
  const known = await findRole(username, tx);
  if (known) return assertOurs(username, comment, known);
  const [{ mayCreate }] = await tx.query<[{ mayCreate: boolean }]>(
    'SELECT rolsuper OR rolcreaterole AS "mayCreate" FROM pg_roles WHERE rolname = current_user',
  );
  if (!mayCreate) throw refusalToCreate(pg.escapeIdentifier(username), comment);
}

/** Reads a role with its comment and privileges. */
async function findRole(username: string, tx: EntityManager): Promise<KnownRole | undefined> {
  const [known] = await tx.query<KnownRole[]>(
    `SELECT shobj_description(oid, 'pg_authid') AS comment,
            EXISTS (SELECT FROM pg_class, aclexplode(relacl) AS acl
                     WHERE pg_class.oid = to_regclass('auth_migrations') AND acl.grantee = pg_roles.oid) AS "isUsedHere",
            rolsuper OR rolcreaterole OR pg_has_role(oid, current_user, 'MEMBER') AS "isMighty"
       FROM pg_roles WHERE rolname = $1`,
    [username],
  );
  return known;
}

/** Returns the database, schema and search path of the tables. */
async function findPlace(tx: EntityManager): Promise<{ database: string; schema: string; path: string }> {
  const [place] = await tx.query<[{ database: string; schema: string; path: string }]>(
    `SELECT current_database() AS database, current_schema() AS schema,
            (SELECT string_agg(quote_ident(name), ', ') FROM unnest(current_schemas(false)) AS name) AS path`,
  );
  return place;
}

/** Returns the comment that marks the role of an installation. */
function commentOf({ database, schema }: { database: string; schema: string }): string {
  return `Astra: service of the database ${database}, schema ${schema}`;
}

function markOf(role: string, comment: string): string {
  return `COMMENT ON ROLE ${role} IS ${pg.escapeLiteral(comment)}`;
}

/** Creates the role, and marks it with a comment as belonging to this installation. */
async function createRole(role: string, comment: string, tx: EntityManager): Promise<void> {
  try {
    await tx.query(`CREATE ROLE ${role} LOGIN`);
    await tx.query(markOf(role, comment));
  } catch (error) {
    if (databaseErrorCode(error) !== '42501') throw error;
    throw refusalToCreate(role, comment, error);
  }
}

/** Returns the error for an owner without CREATEROLE, with the statements for a superuser. */
function refusalToCreate(role: string, comment: string, cause?: unknown): Error {
  return new Error(
    `The owner of the tables may not create the role ${role}. Ask a superuser to run: ` +
      `CREATE ROLE ${role} LOGIN PASSWORD '…'; ${markOf(role, comment)};`,
    { cause },
  );
}

/**
 * Checks that a role belongs to this installation.
 *
 * @throws {Error} if it is another installation's or a person's.
 */
function assertOurs(username: string, comment: string, known: KnownRole): void {
  if (known.isMighty)
    throw new Error(
      `The role ${username} owns the tables, or could take ownership of them. Set POSTGRES_SERVICE_USER to another role.`,
    );
  if (known.comment === comment || (known.comment === null && known.isUsedHere)) return;
  throw new Error(
    `The role ${username} already exists${known.comment === null ? '' : ` ("${known.comment}")`}, and roles belong to ` +
      `the whole server. Set POSTGRES_SERVICE_USER to another name. If the role belongs to this installation, mark it: ` +
      `${markOf(pg.escapeIdentifier(username), comment)};`,
  );
}

/** Runs statements that may be reserved for the superuser who created the role. Missing privileges are ignored. */
async function ifPermitted(tx: EntityManager, work: () => Promise<unknown>): Promise<void> {
  await tx.query('SAVEPOINT if_permitted');
  try {
    await work();
  } catch (error) {
    if (databaseErrorCode(error) !== '42501') throw error;
    await tx.query('ROLLBACK TO SAVEPOINT if_permitted');
  }
  await tx.query('RELEASE SAVEPOINT if_permitted');
}

/** Grants access to schemas, without which privileges on tables have no effect; pg_trgm may be in another schema. */
async function grantSchemas(username: string, schema: string, tx: EntityManager): Promise<void> {
  const missing = await tx.query<{ name: string }[]>(
    `SELECT nspname AS name FROM pg_namespace
      WHERE (nspname = $2 OR oid IN (SELECT extnamespace FROM pg_extension WHERE extname = 'pg_trgm'))
        AND NOT has_schema_privilege($1, oid, 'USAGE')`,
    [username, schema],
  );
  const role = pg.escapeIdentifier(username);
  for (const { name } of missing)
    await tx.query(`GRANT USAGE ON SCHEMA ${pg.escapeIdentifier(name)} TO ${role}`);
}

/** Returns the statements that grant the service's privileges on all tables. */
function serviceRights({ dataSource }: EntityManager, role: string): string[] {
  const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
  return [
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables.join(', ')} TO ${role}`,
    `GRANT SELECT ON auth_migrations TO ${role}`,
    `GRANT USAGE ON SCHEMA astra_jobs TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA astra_jobs TO ${role}`,
    // Revokes excess privileges on the audit trail; nobody sees the state in between, since it is one transaction.
    ...auditRights(role),
  ];
}
