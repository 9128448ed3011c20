import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import { SessionEnd } from '../../../auth/sessions/session.entity.js';
import { SessionsService } from '../../../auth/sessions/sessions.service.js';
import { UsersService } from '../../../users/users.service.js';
import type { Operator } from '../operator.js';

/** Ends sessions of users on behalf of admins. */
@Injectable()
export class UserSessionsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends all sessions of a user.
   *
   * @throws {NotFoundError} if there is no such account.
   */
  async endAll(id: string, { principal, client }: Operator): Promise<void> {
    await this.db.transaction(async (tx) => {
      await this.users.lock(id, tx);
      await this.sessions.endAll(id, SessionEnd.Administrator, tx);
      const data = { reason: SessionEnd.Administrator };
      const event = { userId: id, actorId: principal.userId, client, data };
      await this.audit.record({ type: 'session_expired', ...event }, tx);
    });
  }
}
