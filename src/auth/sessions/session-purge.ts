import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { JobsService } from '../../jobs/jobs.service.js';
import { Session } from './session.entity.js';

/** Rows of one statement, so that it stays far below its timeout. */
const BATCH = 5_000;

/** Removes sessions, with the addresses in them, once nothing asks for them any more. */
@Injectable()
export class SessionPurge {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-sessions', '41 * * * *', (signal) => this.purge(signal));
  }

  private async purge(signal: AbortSignal): Promise<void> {
    let removed: number;
    do {
      signal.throwIfAborted();
      // A day after their end their last access token has ended too, until when other services are told of them.
      [, removed] = await this.sessions.query<[unknown[], number]>(
        `DELETE FROM auth_sessions
          WHERE id IN (SELECT id FROM auth_sessions WHERE absolute_expires_at < now() - interval '25 hours'
                        ORDER BY absolute_expires_at LIMIT $1)`,
        [BATCH],
      );
    } while (removed === BATCH);
  }
}
