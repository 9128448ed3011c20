import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid, validate as isUuid } from 'uuid';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditData, NewAuditEvent } from '../../audit/new-audit-event.js';
import type { Client } from '../../access/client.decorator.js';
import { Changes } from '../../database/changes.js';
import { NamedStatements } from '../../database/named-statements.js';
import { decodeCursor, encodeCursor } from '../../paging/cursor.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AccountEvents } from '../../users/account-events.js';
import { ImportedUsers } from '../../users/imported-users.service.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { deviceName } from './device-name.js';
import { BEGIN_SESSION, FIND_DEVICE, type FoundDevice } from './begin-session.js';
import { ENDED_SESSIONS_KEPT, secondsToldOf } from './ended-sessions.js';
import { RefreshTokens } from './refresh-tokens.js';
import { Session, SessionEnd } from './session.entity.js';
import { SessionEnded, SignedIn } from './session-events.js';
import { type LiveSession, type TokenPair, TokenPairs } from './token-pairs.js';

/**
 * Sessions, from sign-in to their end. It alone writes `auth_sessions`, but for the generation of a session, which is for
 * `RefreshService` and `Confirmations`.
 */
@Injectable()
export class SessionsService {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly refreshTokens: RefreshTokens,
    private readonly tokenPairs: TokenPairs,
    private readonly users: UsersService,
    private readonly importedUsers: ImportedUsers,
    private readonly mail: MailService,
    private readonly changes: Changes,
    private readonly named: NamedStatements,
    private readonly settings: AuthSettings,
    private readonly audit: AuditService,
    private readonly events: AccountEvents,
  ) {}

  /**
   * Begins a session for a user who has proven who they are. The oldest one ends if there are too many.
   *
   * @param sessionId - A UUIDv7, of a token that is then the parent of the first refresh token. Default a new one.
   */
  async start(
    user: Pick<User, 'id'>,
    client: Client,
    tx: EntityManager,
    sessionId?: string,
  ): Promise<TokenPair> {
    const { sessionIdleTtl, sessionMaxTtl, sessionsPerUser } = this.settings;
    const { ip, userAgent } = client;
    const id = sessionId ?? uuid();
    const begun = await this.named.query<LiveSession>(
      BEGIN_SESSION,
      [
        ...[id, user.id, ip, userAgent, deviceName(userAgent), sessionIdleTtl, sessionMaxTtl],
        ...[sessionId !== undefined, ENDED_SESSIONS_KEPT, secondsToldOf(this.settings)],
      ],
      tx,
    );
    const displaced = await this.endWhere(
      `s.id IN (SELECT id FROM auth_sessions
                 WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()
                 ORDER BY created_at DESC, id DESC OFFSET $2)`,
      [user.id, sessionsPerUser],
      SessionEnd.Displaced,
      tx,
    );
    await this.events.emit(new SignedIn(user.id, id, client), tx);
    await this.audit.recordAll(
      displaced.map(({ id: session }) =>
        endedEvent(user.id, client, { reason: SessionEnd.Displaced, session }),
      ),
      tx,
    );
    return this.tokenPairs.issue(begun.rows[0]);
  }

  /** Tells whether a user who has signed in before did so from other devices only. */
  async isNewDevice(userId: string, userAgent: string | null, tx: EntityManager): Promise<boolean> {
    const device = deviceName(userAgent);
    const { rows } = await this.named.query<FoundDevice>(FIND_DEVICE, [userId, device], tx);
    const [before] = rows;
    return (
      !before.is_first && !before.is_known && !before.unnamed.some((agent) => deviceName(agent) === device)
    );
  }

  /**
   * The sessions that a user has now, newest first.
   *
   * @throws {InvalidInputError} if the cursor is not of this list.
   */
  async listOf(userId: string, { limit, cursor }: PageQuery): Promise<Page<Session>> {
    // Ids are UUIDv7, so they are in the order of the sign-ins.
    const live = this.sessions
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
    return this.sessions.manager.transaction(async (tx) => {
      const ended = await this.endWhere('s.id = $1 AND s.user_id = $2', [sessionId, userId], reason, tx);
      if (ended.length === 0) return false;
      await this.audit.record(endedEvent(userId, client, { reason, session: sessionId }), tx);
      return true;
    });
  }

  /**
   * Ends the sessions of a user because the user asks for it, and with them the access tokens already issued.
   *
   * @param options.except - One that goes on. Default: none does.
   * @returns how many ended.
   */
  async endOwn(
    userId: string,
    reason: SessionEnd,
    client: Client,
    { except }: { except?: string } = {},
  ): Promise<number> {
    return this.sessions.manager.transaction(async (tx) => {
      const ended = await this.endAll(userId, reason, tx, { except });
      await this.audit.record(endedEvent(userId, client, { reason, sessions: ended }), tx);
      return ended;
    });
  }

  /**
   * Ends the sessions of a user, and with them the access tokens already issued, as part of what it is for. Whoever
   * calls it records why.
   *
   * @param options.except - One that goes on. Default: none does.
   * @returns how many ended.
   */
  async endAll(
    userId: string,
    reason: SessionEnd,
    tx: EntityManager,
    { except }: { except?: string } = {},
  ): Promise<number> {
    // First, so that a session that is begun with one at this moment is among those below.
    await this.importedUsers.endLegacyTokens(userId, tx);
    const condition = 's.user_id = $1 AND s.id IS DISTINCT FROM $2';
    return (await this.endWhere(condition, [userId, except ?? null], reason, tx)).length;
  }

  /** Ends the session of a refresh token, whichever generation it is of (RFC 7009). An unknown token changes nothing. */
  async revoke(token: string, client: Client): Promise<void> {
    const claim = this.refreshTokens.read(token);
    if (claim) await this.sessions.manager.transaction((tx) => this.endRevoked(claim.sessionId, client, tx));
  }

  /** Ends a session whose refresh token was revoked. */
  async endRevoked(sessionId: string, client: Client, tx: EntityManager): Promise<void> {
    const [ended] = await this.endWhere('s.id = $1', [sessionId], SessionEnd.Logout, tx);
    if (!ended) return;
    const data = { reason: SessionEnd.Logout, session: sessionId, by: 'revocation' };
    await this.audit.record(endedEvent(ended.userId, client, data), tx);
  }

  /**
   * Ends a session whose refresh token two people have, and tells its user.
   *
   * @param condition - Names the session `s`, if it still is so.
   * @returns whether there was one to end.
   */
  endReplayed(condition: string, parameters: unknown[], client: Client): Promise<boolean> {
    return this.sessions.manager.transaction(async (tx) => {
      const [ended] = await this.endWhere(condition, parameters, SessionEnd.Replay, tx);
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

  /**
   * Ends what still lives of the sessions `s` that a condition names, and tells all instances to forget them.
   *
   * @returns those that ended.
   */
  private async endWhere(
    condition: string,
    parameters: unknown[],
    reason: SessionEnd,
    tx: EntityManager,
  ): Promise<{ id: string; userId: string }[]> {
    const ended = await query<{ id: string; userId: string }>(
      tx,
      `UPDATE auth_sessions s SET ended_at = clock_timestamp(), end_reason = $${parameters.length + 1}
        WHERE s.ended_at IS NULL AND (${condition}) RETURNING s.id, s.user_id AS "userId"`,
      [...parameters, reason],
    );
    for (const { id, userId } of ended) {
      await this.changes.announce({ session: id }, tx);
      await this.events.emit(new SessionEnded(userId, id, reason), tx);
    }
    return ended;
  }
}

/** What is recorded where a user, or whoever holds a token of that user, ended sessions. */
function endedEvent(userId: string, client: Client, data: AuditData): NewAuditEvent {
  return { type: 'session_expired', userId, actorId: userId, client, data };
}

async function query<T>(tx: EntityManager, sql: string, parameters: unknown[]): Promise<T[]> {
  const result: T[] | [T[], number] = await tx.query(sql, parameters);
  // TypeORM answers an UPDATE with [rows, count].
  return Array.isArray(result[0]) ? result[0] : (result as T[]);
}
