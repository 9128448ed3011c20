import type { EntityManager } from 'typeorm';
import { LastSignInMethodError } from '../passkeys.errors.js';

/**
 * Verifies that a user can still sign in, after the change that is to be made.
 *
 * @param tx - Transaction that has locked the account's row and made the change, so that two changes at the same time
 *   cannot each rely on what the other removes.
 * @throws {LastSignInMethodError} if there is neither a password nor a passkey that can replace one.
 */
export async function assertCanSignIn(userId: string, tx: EntityManager): Promise<void> {
  const [ways] = await tx.query<[{ password: boolean; passkey: boolean }]>(
    `SELECT u.hashed_password IS NOT NULL AS password,
            EXISTS (SELECT FROM auth_passkeys p WHERE p.user_id = u.id AND p.uv) AS passkey
       FROM auth_users u WHERE u.id = $1`,
    [userId],
  );
  if (!ways.password && !ways.passkey) throw new LastSignInMethodError();
}
