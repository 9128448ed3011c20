import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { ENDED_SESSIONS_KEPT, secondsToldOf } from './ended-sessions.js';

/** Maximum of users inspected and of rows deleted per statement. */
const USERS = 100;
const ROWS = 5_000;

/** Deletes old sessions, and with them the stored IP addresses, every hour. */
@Injectable()
export class SessionPurge {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly settings: AuthSettings,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-sessions', '41 * * * *', (signal) => this.purge(signal));
  }

  /** Deletes sessions that nothing refers to any longer, by age and then by number. */
  private async purge(signal: AbortSignal): Promise<void> {
    // One day after the absolute end, all access tokens have expired and the revocation feed no longer lists the
    // session.
    for (const over of [
      `absolute_expires_at < now() - interval '25 hours'`,
      `ended_at < now() - interval '31 days'`,
    ])
      await deleteInBatches(this.db, 'auth_sessions', over, [], signal);
    await this.purgeCrowds(signal);
  }

  /** Deletes ended sessions beyond the number kept per user. Each sign-in deletes only a few. */
  private async purgeCrowds(signal: AbortSignal): Promise<void> {
    let removed: number;
    do {
      signal.throwIfAborted();
      [, removed] = await this.db.query<[unknown[], number]>(
        `DELETE FROM auth_sessions WHERE id IN (
           SELECT old.id
             FROM (SELECT user_id FROM auth_sessions WHERE ended_at IS NOT NULL
                    GROUP BY user_id HAVING count(*) > $1 LIMIT ${USERS}) crowd
            CROSS JOIN LATERAL (SELECT id, ended_at FROM auth_sessions
                                 WHERE user_id = crowd.user_id AND ended_at IS NOT NULL
                                 ORDER BY ended_at DESC OFFSET $1) old
            WHERE old.ended_at < now() - make_interval(secs => $2) LIMIT ${ROWS})`,
        [ENDED_SESSIONS_KEPT, secondsToldOf(this.settings)],
      );
    } while (removed > 0);
  }
}
