import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { queryRows } from '../../database/query-rows.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { UsedChallenge } from './used-challenge.entity.js';

/** Value that may be used once, until it expires anyway. */
export interface SingleUse {
  /** SHA-256 of the value. */
  readonly hash: Buffer;
  readonly expiresAt: Date;
}

/**
 * Uses up values that nothing was stored for when they were issued: challenges of passkeys, states of sign-ins with
 * providers, and their ID tokens. Only this service writes `auth_used_challenges`.
 */
@Injectable()
export class UsedChallenges {
  constructor(
    @InjectRepository(UsedChallenge) private readonly used: Repository<UsedChallenge>,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-used-challenges', '29 * * * *', (signal) => this.purge(signal));
  }

  /**
   * Uses a value up.
   *
   * @param tx - Transaction that acts on it. Default a statement of its own, so that the value stays used if that fails.
   * @returns whether this is its first use. One of several concurrent calls succeeds.
   */
  async use({ hash, expiresAt }: SingleUse, tx: EntityManager = this.used.manager): Promise<boolean> {
    const rows = await queryRows(
      tx,
      `INSERT INTO auth_used_challenges (hash, expires_at) VALUES ($1, $2)
       ON CONFLICT (hash) DO NOTHING RETURNING 1`,
      [hash, expiresAt],
    );
    return rows.length > 0;
  }

  /** Deletes expired values, an hour later, as the clocks of the instances may differ. */
  async purge(signal?: AbortSignal): Promise<void> {
    const { dataSource } = this.used.manager;
    const expired = `expires_at < now() - interval '1 hour'`;
    await deleteInBatches(dataSource, 'auth_used_challenges', expired, [], signal);
  }
}
