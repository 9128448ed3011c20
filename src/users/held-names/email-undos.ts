import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { canonicalEmail } from '../../names/canonical.js';
import { EmailUndo } from './email-undo.entity.js';
import type { User } from '../user.entity.js';
import { EmailTakenError } from '../users.errors.js';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { ACTIVE_USER } from '../user-rows.js';

/** Days for which the old mailbox can undo a change. */
const UNDO_DAYS = 7;

/**
 * Manages changes of email addresses that can be undone. Only this service writes `auth_email_undos`. While a change
 * can be undone, no other account can take the old email address.
 */
@Injectable()
export class EmailUndos {
  constructor(@InjectRepository(EmailUndo) private readonly undos: Repository<EmailUndo>) {}

  /**
   * Allows the old mailbox to undo a change.
   *
   * @param tx - Transaction that has locked the account's row.
   * @returns the time until which it can.
   */
  async allow(userId: string, oldEmail: string, tokenHash: Buffer, tx: EntityManager): Promise<Date> {
    const [{ expires_at: expiresAt }] = await tx.query<[{ expires_at: Date }]>(
      `INSERT INTO auth_email_undos (token_hash, user_id, email, email_key, created_at, expires_at)
       VALUES ($1, $2, $3, $4, now(), now() + make_interval(days => $5)) RETURNING expires_at`,
      [tokenHash, userId, oldEmail, canonicalEmail(oldEmail), UNDO_DAYS],
    );
    return expiresAt;
  }

  /**
   * Redeems a token inside the transaction that undoes the change, and removes those of later changes. One of several
   * concurrent calls succeeds. Locks the account's row.
   *
   * @returns the account, its old email address, and the time of the change; `undefined` if the token is unknown or
   *   expired, or the account is inactive or deleted.
   */
  async take(
    tokenHash: Buffer,
    tx: EntityManager,
  ): Promise<{ userId: string; email: string; changedAt: Date } | undefined> {
    // Locks the account first, in the same order as everywhere else, to avoid deadlocks.
    await tx.query(
      `SELECT FROM auth_users u JOIN auth_email_undos e ON e.user_id = u.id
        WHERE e.token_hash = $1 FOR NO KEY UPDATE OF u`,
      [tokenHash],
    );
    const [[taken]] = await tx.query<[{ userId: string; email: string; createdAt: Date }[], number]>(
      `DELETE FROM auth_email_undos e USING auth_users u
        WHERE e.token_hash = $1 AND e.expires_at > now()
          AND u.id = e.user_id AND ${ACTIVE_USER}
       RETURNING e.user_id AS "userId", e.email, e.created_at AS "createdAt"`,
      [tokenHash],
    );
    if (!taken) return undefined;
    const { userId, email, createdAt } = taken;
    await tx.query('DELETE FROM auth_email_undos WHERE user_id = $1 AND created_at >= $2', [
      userId,
      createdAt,
    ]);
    return { userId, email, changedAt: createdAt };
  }

  /**
   * Rejects an email address that is reserved for another account, which may still reclaim it. Checks after the row is
   * written: if that account changed its email address a moment ago, the unique index has waited for its commit, so
   * this sees the reservation.
   *
   * @throws {EmailTakenError} if it is reserved for another account.
   */
  async assertNotHeld({ id, email }: User, tx: EntityManager): Promise<void> {
    if (email === null) return;
    const rows = await tx.query<unknown[]>(
      `SELECT FROM auth_email_undos e JOIN auth_users u ON u.id = e.user_id
        WHERE e.email_key = $1 AND e.user_id <> $2 AND e.expires_at > now() AND u.deleted_at IS NULL LIMIT 1`,
      [canonicalEmail(email), id],
    );
    if (rows.length > 0) throw new EmailTakenError();
  }

  /** Deletes expired changes. */
  async purge(signal: AbortSignal): Promise<void> {
    const { dataSource } = this.undos.manager;
    await deleteInBatches(dataSource, 'auth_email_undos', 'expires_at <= now()', [], signal);
  }
}
