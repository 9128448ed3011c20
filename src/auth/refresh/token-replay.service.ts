import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { UsersService } from '../../users/users.service.js';
import { deviceName } from '../sessions/device-name.js';
import { Session, SessionEnd } from '../sessions/session.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';

/** Reacts to refresh tokens that were used by two parties. */
@Injectable()
export class TokenReplayService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends a replayed session and notifies its user.
   *
   * @param condition - SQL condition on the session `s`. It is checked again by the update, because the session may
   *   have changed since.
   * @returns whether a session was ended.
   */
  end(condition: string, parameters: unknown[], client: Client): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const [ended] = await this.sessions.endMatching(condition, parameters, SessionEnd.Replay, tx);
      if (!ended) return false;
      const { id, userId, userAgent, ip } = await tx.findOneByOrFail(Session, { id: ended.id });
      const user = await this.users.get(userId, tx);
      const notice = { device: deviceName(userAgent), ip, endedAt: new Date() };
      await this.mail.enqueue('session-replayed', user, notice, tx);
      const data = { session: id };
      await this.audit.record({ type: 'authn_token_reuse', userId, actorId: null, client, data }, tx);
      return true;
    });
  }
}
