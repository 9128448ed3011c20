import { CHAIN_COLUMNS, type ChainRow, ChainSigner, headOf } from '../../audit/chains/chain-hash.js';
import type { Environment } from '../../env.js';
import { counted } from '../../service/counted.js';
import { type DatabaseCheck, look, well, wrong } from './check.js';

/** Minutes after which a waiting message is late. */
const LATE = 10;

/**
 * Checks that the audit trail is signed with the configured secret; otherwise, the secret belongs to another
 * installation.
 */
export const secretCheck = (
  { auth }: Environment,
  secretKey: () => Promise<string | undefined>,
): DatabaseCheck => ({
  name: 'SECRET_KEY',
  async run(db) {
    const key = await secretKey();
    const rows: ChainRow[] = await db.query(`SELECT ${CHAIN_COLUMNS} FROM auth_audit_chains WHERE id = 0`);
    if (!key || !rows[0]?.mac) return well('not used yet');
    const { previousSecretKeys } = auth;
    const signer = new ChainSigner(() => ({ secretKey: key, previousSecretKeys }));
    return signer.isGenuine(headOf(rows[0]))
      ? well('matches the signature of the audit trail')
      : wrong(
          'does not match the signature of the audit trail: existing sessions cannot be refreshed',
          'Set SECRET_KEY to the one that this database was used with, or name that in SECRET_KEY_PREVIOUS.',
        );
  },
});

/** Checks that there is an active admin. */
export const administratorCheck: DatabaseCheck = {
  name: 'Administrator',
  async run(db) {
    const [{ count }]: [{ count: number }] = await db.query(
      `SELECT count(*)::int AS count FROM auth_users WHERE role = 'admin' AND kind = 'person' AND is_active AND deleted_at IS NULL`,
    );
    return count > 0 ? well(`${count} active`) : look('none', 'Create one: astra create-admin');
  },
};

/** Checks that messages are sent, and that no jobs have failed permanently. */
export const queueCheck: DatabaseCheck = {
  name: 'Queue',
  async run(db) {
    const dead: { kind: string; count: number }[] = await db.query(
      `SELECT coalesce(source_name, 'unknown') AS kind, count(*)::int AS count
         FROM astra_jobs.job WHERE name = 'dead' GROUP BY 1 ORDER BY 1`,
    );
    const [{ waiting, minutes }]: [{ waiting: number; minutes: number }] = await db.query(
      `SELECT count(*)::int AS waiting, coalesce(extract(epoch FROM now() - min(created_on)) / 60, 0)::int AS minutes
         FROM astra_jobs.job WHERE name = 'mail' AND state IN ('created', 'retry', 'active')`,
    );
    if (waiting > 0 && minutes >= LATE)
      return look(
        `${counted(waiting, 'message is', 'messages are')} waiting to be sent, the oldest for ${minutes} minutes`,
        'Check that a process runs the jobs of the queue (WORKER=on, or astra work), and that it can reach SMTP_URL.',
      );
    if (dead.length > 0)
      return look(
        `given up: ${dead.map(({ kind, count }) => `${count} ${kind}`).join(', ')}`,
        `The reasons are in the log and in the database: SELECT source_name, source_output FROM astra_jobs.job WHERE name = 'dead'`,
      );
    return well(
      waiting > 0
        ? `${counted(waiting, 'message is', 'messages are')} about to be sent`
        : 'no messages are waiting, no jobs were given up',
    );
  },
};
