import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { v4 as uuid } from 'uuid';
import { errorText } from '../../http/problem/error-text.js';
import { TooManyRequestsError, wholeSeconds } from '../../rate-limit/rate-limit.errors.js';
import { AccountExport } from './account-export.entity.js';

/** How long an export may write nothing, in seconds, before it counts as given up. */
const LEASE = 60;

/** The right to export an account, which one request at a time has. */
export interface ExportLease {
  /**
   * Keeps it for another minute.
   *
   * @throws {Error} if it was given up, and another export may have begun.
   */
  renew(): Promise<void>;
  /** Gives it back. It never fails: what cannot be given back ends within a minute. */
  end(): Promise<void>;
}

/** Sees to it that of each account one export is under way, on all instances together. It alone writes `auth_account_exports`. */
@Injectable()
export class ExportLeasesService {
  private readonly logger = new Logger(ExportLeasesService.name);

  constructor(@InjectRepository(AccountExport) private readonly exports: Repository<AccountExport>) {}

  /** @throws {TooManyRequestsError} while another one is under way. */
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

  private async refusal(userId: string): Promise<TooManyRequestsError> {
    const [{ left } = { left: 0 }] = await this.exports.query<{ left: number }[]>(
      `SELECT 1000 * least($2, extract(epoch FROM expires_at - now()))::float AS left
         FROM auth_account_exports WHERE user_id = $1`,
      // It may have been renewed after this statement's now().
      [userId, LEASE],
    );
    return new TooManyRequestsError('export-under-way', { limit: 1, window: LEASE }, wholeSeconds(left));
  }

  private async renew(userId: string, lease: string): Promise<void> {
    const [, renewed] = await this.exports.query<[object[], number]>(
      `UPDATE auth_account_exports SET expires_at = now() + make_interval(secs => $3) WHERE user_id = $1 AND lease = $2`,
      [userId, lease, LEASE],
    );
    if (renewed === 0) throw new Error('The export was given up');
  }

  private async end(userId: string, lease: string): Promise<void> {
    try {
      await this.exports.delete({ userId, lease });
    } catch (error) {
      this.logger.warn(`An export will count as under way for a minute: ${errorText(error)}`);
    }
  }
}
