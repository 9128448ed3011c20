import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import type { Client } from '../../../access/client.decorator.js';
import { inTransaction } from '../../../database/transactions.js';
import { pageNewestFirst } from '../../../paging/newest-first.js';
import type { Page, PageQuery } from '../../../paging/page.js';
import { Session, SessionEnd } from '../session.entity.js';
import { sessionEndedEvent, SessionsService } from '../sessions.service.js';

/** Lists and ends sessions on behalf of their user, and records it in the audit trail. */
@Injectable()
export class OwnSessionsService {
  constructor(
    @InjectRepository(Session) private readonly repository: Repository<Session>,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Returns a page of the user's live sessions, newest sign-in first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  listOf(userId: string, page: PageQuery): Promise<Page<Session>> {
    const live = this.repository
      .createQueryBuilder('session')
      .where('session.userId = :userId AND session.endedAt IS NULL AND session.expiresAt > now()', {
        userId,
      });
    return pageNewestFirst(live, page);
  }

  /**
   * Ends a session of a user. Its access tokens are rejected from then on.
   *
   * @param client - Client that sent the request, for the audit trail.
   * @returns whether there was a live session.
   */
  end(sessionId: string, userId: string, reason: SessionEnd, client: Client): Promise<boolean> {
    return this.repository.manager.transaction(async (tx) => {
      const ended = await this.sessions.endMatching(
        's.id = $1 AND s.user_id = $2',
        [sessionId, userId],
        reason,
        tx,
      );
      if (ended.length === 0) return false;
      await this.audit.record(sessionEndedEvent(userId, client, { reason, session: sessionId }), tx);
      return true;
    });
  }

  /**
   * Ends the sessions of a user at the user's request. Their access tokens are rejected from then on.
   *
   * @param options.except - Session that continues. Default: none.
   * @returns the number of ended sessions.
   */
  async endAll(
    userId: string,
    reason: SessionEnd,
    client: Client,
    { except }: { except?: string } = {},
  ): Promise<number> {
    return this.repository.manager.transaction(async (tx) => {
      const ended = await this.sessions.endAll(userId, reason, tx, { except });
      await this.audit.record(sessionEndedEvent(userId, client, { reason, sessions: ended }), tx);
      return ended;
    });
  }

  /**
   * Ends a session whose refresh token was revoked. Does nothing if it has already ended.
   *
   * @param tx - Default: a transaction of its own.
   */
  async revoke(sessionId: string, client: Client, tx?: EntityManager): Promise<void> {
    await inTransaction(this.repository.manager, tx, async (manager) => {
      const [ended] = await this.sessions.endMatching('s.id = $1', [sessionId], SessionEnd.Logout, manager);
      if (!ended) return;
      const data = { reason: SessionEnd.Logout, session: sessionId, by: 'revocation' };
      await this.audit.record(sessionEndedEvent(ended.userId, client, data), manager);
    });
  }
}
