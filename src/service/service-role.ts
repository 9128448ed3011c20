import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import pg from 'pg';
import type { EntityManager } from 'typeorm';
import { auditRights } from '../audit/audit-rights.js';

/** Whom the service is to Postgres: a role that changes rows, and neither tables nor what the audit trail says. */
export interface ServiceRole {
  username: string;
  /** `undefined`: the role has one already, or needs none. */
  password?: string;
}

/**
 * Makes the role if there is none, and gives it the rights that the service needs and no others. To be run by the owner
 * of the tables whenever they have changed.
 *
 * @throws {Error} with one sentence if the role could take more rights by itself.
 */
export async function setUpServiceRole(
  tx: EntityManager,
  { username, password }: ServiceRole,
): Promise<void> {
  const role = pg.escapeIdentifier(username);
  const [known] = await tx.query<object[]>('SELECT FROM pg_roles WHERE rolname = $1', [username]);
  if (!known) await tx.query(`CREATE ROLE ${role} LOGIN`);
  // A verifier instead of the password, which might come to stand in Postgres' log.
  if (password !== undefined)
    await tx.query(`ALTER ROLE ${role} PASSWORD '${await scramVerifier(password)}'`);
  const [{ mighty }] = await tx.query<[{ mighty: boolean }]>(
    `SELECT rolsuper OR rolcreaterole OR pg_has_role(oid, current_user, 'MEMBER') AS mighty
     FROM pg_roles WHERE rolname = $1`,
    [username],
  );
  if (mighty)
    throw new Error(
      `The role ${username} is the owner of the tables, or could make itself that: POSTGRES_SERVICE_USER must name another.`,
    );
  for (const sql of serviceRights(tx, role)) await tx.query(sql);
}

function serviceRights({ dataSource }: EntityManager, role: string): string[] {
  const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
  return [
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables.join(', ')} TO ${role}`,
    `GRANT SELECT ON auth_migrations TO ${role}`,
    `GRANT USAGE ON SCHEMA astra_jobs TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA astra_jobs TO ${role}`,
    // Takes back what is too much for the audit trail; nobody sees what is between.
    ...auditRights(role),
  ];
}

const ITERATIONS = 4096;

/** What Postgres keeps of a password (RFC 5802, RFC 7677). */
async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(16);
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, 32, 'sha256');
  const mac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(mac('Client Key')).digest('base64');
  const serverKey = mac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
