import type { DataSource } from 'typeorm';
import { TotpCodes } from '../../../auth/factors/totp/totp-codes.js';
import type { Environment } from '../../../env.js';
import { counted } from '../../../service/counted.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { relyingPartyOf } from '../../../settings/passkey-settings.js';
import { type DatabaseCheck, type Finding, look, well, wrong } from '../check.js';

/** Maximum of secrets that are decrypted, which takes some seconds. */
const MOST = 100_000;
const HAS_FACTOR = `(EXISTS (SELECT FROM auth_totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
  OR EXISTS (SELECT FROM auth_passkeys p WHERE p.user_id = u.id))`;

/**
 * Checks who of those who must have a second factor has none, and that the secrets of authenticator apps can be read with
 * the configured secret.
 */
export const factorsCheck = (
  env: Environment,
  secretKey: () => Promise<string | undefined>,
): DatabaseCheck => ({
  name: 'Second factor',
  run: async (db) => (await findUnreadable(env, await secretKey(), db)) ?? findMissing(env, db),
});

/** Reports secrets that need a former value of SECRET_KEY, before it is removed; `undefined` if there are none. */
async function findUnreadable(
  { auth }: Environment,
  secretKey: string | undefined,
  db: DataSource,
): Promise<Finding | undefined> {
  if (secretKey === undefined) return undefined;
  const codes = new TotpCodes(new AuthSettings({ ...auth, secretKey }));
  const apps: { id: string; sealed: string }[] = await db.query(
    `SELECT id, secret_sealed AS sealed FROM auth_totp WHERE confirmed_at IS NOT NULL LIMIT ${MOST}`,
  );
  const keys = apps.map(({ id, sealed }) => codes.keyOf(sealed, id));
  const count = (key: string) => keys.filter((one) => one === key).length;
  const [lost, former] = [count('none'), count('previous')];
  if (lost > 0)
    return wrong(
      `the secrets of ${counted(lost, 'authenticator app', 'authenticator apps')} cannot be decrypted: all their codes are rejected`,
      'Add the value of SECRET_KEY that they were encrypted with to SECRET_KEY_PREVIOUS, or have an admin remove the factors.',
    );
  return former > 0
    ? look(
        `${counted(former, 'authenticator app depends', 'authenticator apps depend')} on SECRET_KEY_PREVIOUS`,
        'Keep it: the next code of each app encrypts its secret with the new SECRET_KEY.',
      )
    : undefined;
}

/** Reports active accounts whose role requires a second factor, and that have none. */
async function findMissing({ auth, secondFactor, guest }: Environment, db: DataSource): Promise<Finding> {
  const { required } = auth.secondFactor;
  const roles = required === 'all' ? null : required;
  const [{ holders, missing, stuck }] = await db.query<[{ holders: number; missing: number; stuck: number }]>(
    `SELECT count(*) FILTER (WHERE has)::int AS holders,
            count(*) FILTER (WHERE NOT has AND must)::int AS missing,
            count(*) FILTER (WHERE NOT has AND must AND NOT verified)::int AS stuck
       FROM (SELECT ${HAS_FACTOR} AS has, $1::text[] IS NULL OR role = ANY ($1) AS must,
                    email_verified_at IS NOT NULL AS verified
               FROM auth_users u WHERE is_active AND deleted_at IS NULL) AS account`,
    [roles],
  );
  const have = `${counted(holders, 'account has', 'accounts have')} one`;
  // A host requires it in code, which cannot be inspected from here.
  if (guest) return well(have);
  if (!secondFactor)
    return holders > 0
      ? look(
          `off, although ${have}: a password alone signs them in`,
          'Set SECOND_FACTOR=optional, unless this is intended.',
        )
      : well('off');
  if (roles?.length === 0) return well(`optional; ${have}`);
  const says = `required of ${roles ? roles.join(', ') : 'all'}; ${have}, ${missing} must add one`;
  return stuck > 0 && auth.emailVerification !== 'off'
    ? look(
        `${says}, of which ${stuck} cannot sign in: their email addresses are not verified`,
        'They verify it with the link that POST /auth/verify-email/request sends, or an admin changes it.',
      )
    : well(says);
}

/** Checks that passkeys can be used at the configured public URL. */
export const passkeysCheck = ({ auth, guest }: Environment): DatabaseCheck => ({
  name: 'Passkeys',
  async run(db) {
    const party = guest ? null : relyingPartyOf(auth.passkeys, auth.publicUrl);
    const [{ count, elsewhere }] = await db.query<[{ count: number; elsewhere: number }]>(
      `SELECT count(*)::int AS count, count(*) FILTER (WHERE rp_id <> $1)::int AS elsewhere FROM auth_passkeys`,
      [party?.id ?? null],
    );
    const stored = counted(count, 'passkey', 'passkeys');
    if (guest) return well(stored);
    if (party && elsewhere > 0)
      return wrong(
        `${stored}, of which ${elsewhere} cannot be used: not bound to ${party.id}`,
        'Set PASSKEY_RP_ID to the domain at which they were added. It must not change.',
      );
    if (party) return well(`${stored}; bound to ${party.id}, which must not change`);
    const says = `off, because ${auth.publicUrl} is neither a domain with https nor localhost`;
    return count > 0
      ? wrong(
          `${says}: ${stored} cannot be used`,
          'Set PUBLIC_URL, and PASSKEY_RP_ID if it was set, to what they were when the passkeys were added.',
        )
      : well(says);
  },
});
