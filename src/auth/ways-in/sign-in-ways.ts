import type { EntityManager } from 'typeorm';
import type { AuthSettings } from '../../settings/auth-settings.js';
import { LastSignInMethodError } from './ways-in.errors.js';

/** Ways in which a user can sign in. Neither a second factor nor a passkey that was only touched is one. */
interface SignInWays {
  hasPassword: boolean;
  /** Whether codes can be sent to a verified email address. */
  hasMailbox: boolean;
  /** Number of passkeys that verify the user. 0 while passkeys are off. */
  passkeys: number;
  /** Number of those that are synced to other devices, and so survive the loss of one. */
  syncedPasskeys: number;
  /** Number of identities at providers. Those at a provider that was removed from the settings are no way in. */
  identities: number;
  /** Number of unused recovery codes. 0 while second factors are off. */
  recoveryCodes: number;
}

/**
 * Counts the ways of a user, and locks the account until the transaction ends. Changes of its ways wait for one another, so
 * that no two can each rely on what the other removes.
 */
async function count(
  userId: string,
  { passkeys, features, providers }: AuthSettings,
  tx: EntityManager,
): Promise<SignInWays> {
  // In a statement of its own: one that waits for a lock counts the rows of other tables as they were before.
  await tx.query('SELECT FROM auth_users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
  const [ways] = await tx.query<[SignInWays]>(
    `SELECT EXISTS (SELECT FROM auth_users WHERE id = $1 AND hashed_password IS NOT NULL) AS "hasPassword",
            $4 AND EXISTS (SELECT FROM auth_users WHERE id = $1 AND email_verified_at IS NOT NULL) AS "hasMailbox",
            count(*) FILTER (WHERE $2)::int AS passkeys,
            count(*) FILTER (WHERE $2 AND backup_eligible)::int AS "syncedPasskeys",
            (SELECT count(*)::int FROM auth_recovery_codes WHERE user_id = $1 AND $3) AS "recoveryCodes",
            (SELECT count(*)::int FROM auth_identities WHERE user_id = $1 AND provider = ANY ($5)) AS identities
       FROM auth_passkeys WHERE user_id = $1 AND uv`,
    [userId, passkeys !== null, features.secondFactor, features.emailCode, [...providers.all.keys()]],
  );
  return ways;
}

/** Returns whether a user can sign in. Locks the account until the transaction ends. */
export async function canSignIn(userId: string, settings: AuthSettings, tx: EntityManager): Promise<boolean> {
  const { hasPassword, hasMailbox, passkeys, identities } = await count(userId, settings, tx);
  return hasPassword || hasMailbox || passkeys > 0 || identities > 0;
}

/**
 * Verifies that a user can still sign in.
 *
 * @param tx - Transaction that has removed a way.
 * @param removed - The way.
 * @throws {LastSignInMethodError} if it was the last one.
 */
export async function assertCanSignIn(
  userId: string,
  settings: AuthSettings,
  tx: EntityManager,
  removed: 'passkey' | 'identity' = 'passkey',
): Promise<void> {
  if (!(await canSignIn(userId, settings, tx))) throw new LastSignInMethodError(removed);
}

/**
 * Verifies that a user can sign in without the password, and that the loss of one device does not change it.
 *
 * @param tx - Transaction that removes the password.
 * @throws {LastSignInMethodError} if there is no other way, or only a passkey bound to one device, and no recovery code.
 */
export async function assertCanDoWithoutPassword(
  userId: string,
  settings: AuthSettings,
  tx: EntityManager,
): Promise<void> {
  const ways = await count(userId, settings, tx);
  const { hasMailbox, identities, passkeys, syncedPasskeys, recoveryCodes } = ways;
  if (hasMailbox || identities > 0) return;
  if (passkeys === 0) throw new LastSignInMethodError('password');
  if (passkeys === 1 && syncedPasskeys === 0 && recoveryCodes === 0)
    throw new LastSignInMethodError('password-beside-one-device');
}
