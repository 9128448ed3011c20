import { canonicalEmail, readEmail } from '../../names/canonical.js';
import { type DatabaseCheck, look, well, wrong } from './check.js';

/** Maximum of accounts named in one finding. */
const NAMED = 5;

interface Account {
  id: string;
  email: string;
}

/**
 * Checks that each username and mailbox belongs to one account. Works on outdated tables, too, because the migration
 * depends on it.
 */
export const namesCheck: DatabaseCheck = {
  name: 'Names',
  async run(db) {
    const sameName: { accounts: string[] }[] = await db.query(
      `SELECT array_agg(format('%s (id %s)', username, id) ORDER BY created_at, id) AS accounts FROM auth_users
        WHERE deleted_at IS NULL GROUP BY lower(username COLLATE "C") HAVING count(*) > 1 LIMIT ${NAMED}`,
    );
    const sameMailbox: { accounts: string[] }[] = await db.query(
      `SELECT array_agg(format('%s (id %s)', email, id) ORDER BY created_at, id) AS accounts FROM auth_users
        WHERE deleted_at IS NULL GROUP BY lower(email COLLATE "C") HAVING count(*) > 1 LIMIT ${NAMED}`,
    );
    // Only for these does the canonical form differ in more than the case of A to Z.
    const unusual: Account[] = await db.query(
      `SELECT id, email FROM auth_users WHERE deleted_at IS NULL AND email !~ '^[!-~]*$' ORDER BY id LIMIT 10000`,
    );
    const aliases = await findAliases(unusual, (keys) =>
      db.query(
        `SELECT id, email FROM auth_users WHERE deleted_at IS NULL AND lower(email COLLATE "C") = ANY ($1)`,
        [keys],
      ),
    );
    const clashes = [...sameName, ...sameMailbox]
      .map(({ accounts }) => accounts.join(' and '))
      .concat(aliases);
    if (clashes.length > 0)
      return wrong(
        `accounts that share a username or mailbox: ${shorten(clashes)}`,
        'Delete all but one of each, or give them other names. Until then, astra migrate stops.',
      );
    const unusable = unusual.filter(({ email }) => readEmail(email, { isFromElsewhere: true }) === null);
    return unusable.length > 0
      ? look(
          `email addresses that a new account could not use: ${shorten(unusable.map(({ email, id }) => `${email} (id ${id})`))}`,
          'Their owners can still sign in. To receive links by email, they need a different email address.',
        )
      : well('no two accounts share a username or mailbox');
  },
};

/** Finds accounts whose email address is another spelling of another account's. */
async function findAliases(
  unusual: readonly Account[],
  find: (keys: string[]) => Promise<Account[]>,
): Promise<string[]> {
  const byKey = new Map<string, Account[]>();
  for (const account of [...unusual, ...(await find(unusual.map(({ email }) => canonicalEmail(email))))]) {
    const key = canonicalEmail(account.email);
    const known = byKey.get(key) ?? [];
    if (!known.some(({ id }) => id === account.id)) byKey.set(key, [...known, account]);
  }
  return [...byKey.values()]
    .filter(({ length }) => length > 1)
    .map((accounts) => accounts.map(({ email, id }) => `${email} (id ${id})`).join(' and '));
}

/** Lists the first items, and the number of the others. */
function shorten(items: readonly string[]): string {
  const rest = items.length > NAMED ? `; and ${items.length - NAMED} more` : '';
  return items.slice(0, NAMED).join('; ') + rest;
}
