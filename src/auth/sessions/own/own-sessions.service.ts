import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { AuditService } from '../../../audit/audit.service.js';
import type { Client } from '../../../access/client.decorator.js';
import { decodeCursor, encodeCursor } from '../../../paging/cursor.js';
import type { Page, PageQuery } from '../../../paging/page.js';
import { Session, SessionEnd } from '../session.entity.js';
import { sessionEndedEvent, SessionsService } from '../sessions.service.js';

/** What users, and whoever holds a token of theirs, do with their sessions: see where they are signed in, and sign out. */
@Injectable()
export class OwnSessionsService {
  constructor(
    @InjectRepository(Session) private readonly repository: Repository<Session>,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * The sessions that a user has now, newest first.
   *
   * @throws {InvalidInputError} if the cursor is not of this list.
   */
  async listOf(userId: string, { limit, cursor }: PageQuery): Promise<Page<Session>> {
    // Ids are UUIDv7, so they are in the order of the sign-ins.
    const live = this.repository
      .createQueryBuilder('session')
      .where('session.userId = :userId AND session.endedAt IS NULL AND session.expiresAt > now()', { userId })
      .orderBy('session.id', 'DESC');
    const total = await live.getCount();
    if (cursor) {
      const [before] = decodeCursor(
        cursor,
        (position): position is [string] => position.length === 1 && isUuid(position[0]),
      );
      live.andWhere('session.id < :before', { before });
    }
    const found = await live.limit(limit + 1).getMany();
    const items = found.slice(0, limit);
    const nextCursor = found.length > limit ? encodeCursor([items[limit - 1].id]) : null;
    return { items, nextCursor, total, totalIsEstimate: false };
  }

  /**
   * Ends a session of a user, and with it the access tokens already issued.
   *
   * @param client - From where the user asked for it.
   * @returns whether there was one to end.
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
   * Ends the sessions of a user because the user asks for it, and with them the access tokens already issued.
   *
   * @param options.except - One that goes on. Default: none does.
   * @returns how many ended.
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

  /** Ends a session whose refresh token was revoked. */
  async revoke(sessionId: string, client: Client, tx?: EntityManager): Promise<void> {
    if (!tx) return this.repository.manager.transaction((own) => this.revoke(sessionId, client, own));
    const [ended] = await this.sessions.endMatching('s.id = $1', [sessionId], SessionEnd.Logout, tx);
    if (!ended) return;
    const data = { reason: SessionEnd.Logout, session: sessionId, by: 'revocation' };
    await this.audit.record(sessionEndedEvent(ended.userId, client, data), tx);
  }
}
