import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccessChanges } from '../../src/database/notices/access-changes.js';

/** Makes the proofs of a user's sessions some seconds older, as if nobody had moved since. */
export async function age(
  { app }: { app: INestApplication },
  userId: string,
  seconds: number,
): Promise<void> {
  await app.get(DataSource).transaction(async (tx) => {
    await tx.query(
      `UPDATE auth_sessions SET authenticated_at = authenticated_at - make_interval(secs => $2),
              second_factor_at = second_factor_at - make_interval(secs => $2) WHERE user_id = $1`,
      [userId, seconds],
    );
    await app.get(AccessChanges, { strict: false }).announce({ user: userId }, tx);
  });
}
