import type { Environment } from '../../../env.js';
import { counted } from '../../../service/counted.js';
import { type DatabaseCheck, look, well } from '../check.js';

/** Days without a use after which a key is worth a question. */
const UNUSED_DAYS = 90;
/** Days before the end of a key of a service account, which has no email address for the warning that persons get. */
const EXPIRY_DAYS = 14;

/** Keys of active accounts that have not expired. */
interface KeyCounts {
  live: number;
  /** Not used for {@link UNUSED_DAYS}. */
  unused: number;
  /** Of service accounts, within {@link EXPIRY_DAYS}. */
  ending: number;
}

/** Checks API keys: whether programs still use them, and whether one ends of which nobody is warned. */
export const apiKeysCheck = (env: Environment): DatabaseCheck => ({
  name: 'API keys',
  async run(db) {
    const [{ live, unused, ending }] = await db.query<[KeyCounts]>(
      `SELECT count(*)::int AS live,
              count(*) FILTER (WHERE coalesce(last_used_at, k.created_at) < now() - make_interval(days => $1))::int
                AS unused,
              count(*) FILTER (WHERE kind = 'service' AND expires_at < now() + make_interval(days => $2))::int AS ending
         FROM auth_api_keys k JOIN auth_users u ON u.id = k.user_id
        WHERE expires_at > now() AND is_active AND deleted_at IS NULL`,
      [UNUSED_DAYS, EXPIRY_DAYS],
    );
    const keys = counted(live, 'key', 'keys');
    // A host is configured in code, which cannot be inspected from here.
    if (!env.guest && !env.apiKeys)
      return live > 0
        ? look(
            `off, although there ${live === 1 ? 'is' : 'are'} ${keys}: programs that use them are refused`,
            'Set API_KEYS=on, or revoke them.',
          )
        : well('off');
    if (ending > 0)
      return look(
        `${keys}; ${counted(ending, 'key', 'keys')} of service accounts will expire within ${EXPIRY_DAYS} days`,
        'Create new ones: service accounts receive no email about it.',
      );
    return unused > 0
      ? look(
          `${keys}, of which ${unused} ${unused === 1 ? 'was' : 'were'} not used for ${UNUSED_DAYS} days`,
          'Revoke those that no program needs, in the console or at /admin/users/{id}/api-keys.',
        )
      : well(keys);
  },
});
