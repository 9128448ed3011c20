import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { queryRows } from '../../database/query-rows.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailService } from '../../mail/mail.service.js';

/** Maximum of messages per transaction. */
const BATCH = 100;

/**
 * Marks keys that expire within 7 days, except those that were created for about a week anyway. SKIP LOCKED leaves a key that
 * another instance warns of, or that is being revoked.
 */
const EXPIRING = `
  WITH expiring AS (
    SELECT k.id FROM auth_api_keys k JOIN auth_users u ON u.id = k.user_id
     WHERE k.expires_at BETWEEN now() AND now() + interval '7 days' AND k.warned_at IS NULL
       AND k.expires_at - k.created_at > interval '8 days'
       AND u.kind = 'person' AND u.is_active AND u.deleted_at IS NULL
     ORDER BY k.expires_at LIMIT ${BATCH} FOR NO KEY UPDATE OF k SKIP LOCKED)
  UPDATE auth_api_keys k SET warned_at = now() FROM expiring, auth_users u
   WHERE k.id = expiring.id AND u.id = k.user_id
  RETURNING k.hint, k.expires_at AS "expiresAt", u.email, u.email_verified_at AS "emailVerifiedAt"`;

/** API key that expires soon, with its owner. */
interface ExpiringKey {
  hint: string;
  expiresAt: Date;
  email: string;
  emailVerifiedAt: Date | null;
}

/** Warns owners of API keys by email a week before a key expires, once for each key. */
@Injectable()
export class ApiKeyWarnings {
  constructor(
    @InjectDataSource() db: DataSource,
    private readonly mail: MailService,
    jobs: JobsService,
  ) {
    jobs.schedule('warn-api-keys', '17 * * * *', async (signal) => {
      let warned: number;
      do {
        signal.throwIfAborted();
        warned = await db.transaction((tx) => this.warn(tx));
      } while (warned === BATCH);
    });
  }

  /** Queues the messages in the transaction that marks their keys. Returns the number of keys. */
  private async warn(tx: EntityManager): Promise<number> {
    const keys = await queryRows<ExpiringKey>(tx, EXPIRING, []);
    for (const { hint, expiresAt, ...owner } of keys)
      await this.mail.enqueue('api-key-expires', owner, { hint, expiresAt }, tx);
    return keys.length;
  }
}
