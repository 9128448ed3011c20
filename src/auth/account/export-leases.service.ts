import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { v4 as uuid } from 'uuid';
import { errorText } from '../../http/problem/error-text.js';
import { TooManyRequestsError, wholeSeconds } from '../../rate-limit/rate-limit.errors.js';
import { AccountExport } from './account-export.entity.js';

/** Seconds without a written page after which an export counts as abandoned. */
const LEASE = 60;

/** Exclusive right to export an account. */
export interface ExportLease {
  /**
   * Extends the lease by another minute.
   *
   * @throws {Error} if the lease expired and another export may have started.
   */
  renew(): Promise<void>;
  /** Releases the lease. Never rejects: a lease that cannot be released expires within a minute. */
  end(): Promise<void>;
}

/**
 * Leases that allow one export per account at a time, across all instances. Only this service writes
 * `auth_account_exports`.
 */
@Injectable()
export class ExportLeasesService {
  private readonly logger = new Logger(ExportLeasesService.name);

  constructor(@InjectRepository(AccountExport) private readonly exports: Repository<AccountExport>) {}

  /**
   * Starts an export. One statement decides between concurrent requests.
   *
   * @throws {TooManyRequestsError} while another export is running.
   */
  async begin(userId: string): Promise<ExportLease> {
    const lease = uuid();
    const [begun] = await this.exports.query<object[]>(
      `INSERT INTO auth_account_exports AS export (user_id, lease, expires_at)
       VALUES ($1, $2, now() + make_interval(secs => $3))
       ON CONFLICT (user_id) DO UPDATE SET lease = excluded.lease, expires_at = excluded.expires_at
         WHERE export.expires_at <= now()
       RETURNING lease`,
      [userId, lease, LEASE],
    );
    if (!begun) throw await this.refusal(userId);
    return { renew: () => this.renew(userId, lease), end: () => this.end(userId, lease) };
  }

  /** Returns the error for a second export, with the remaining time of the first one's lease. */
  private async refusal(userId: string): Promise<TooManyRequestsError> {
    const [{ left } = { left: 0 }] = await this.exports.query<{ left: number }[]>(
      `SELECT 1000 * least($2, extract(epoch FROM expires_at - now()))::float AS left
         FROM auth_account_exports WHERE user_id = $1`,
      // The other export may have renewed its lease after this statement's now(), hence `least`.
      [userId, LEASE],
    );
    return new TooManyRequestsError('export-under-way', { limit: 1, window: LEASE }, wholeSeconds(left));
  }

  private async renew(userId: string, lease: string): Promise<void> {
    const [, renewed] = await this.exports.query<[object[], number]>(
      `UPDATE auth_account_exports SET expires_at = now() + make_interval(secs => $3) WHERE user_id = $1 AND lease = $2`,
      [userId, lease, LEASE],
    );
    if (renewed === 0) throw new Error('The lease of the export has expired');
  }

  private async end(userId: string, lease: string): Promise<void> {
    try {
      await this.exports.delete({ userId, lease });
    } catch (error) {
      this.logger.warn(
        `The lease of an export could not be released and expires in a minute: ${errorText(error)}`,
      );
    }
  }
}
