import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid, validate as isUuid } from 'uuid';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { RoleName } from '../../settings/roles-option.js';
import { Changes } from '../../database/changes.js';
import { NamedStatements, namedStatement } from '../../database/named-statements.js';
import { decodeCursor, encodeCursor } from '../../paging/cursor.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { RateLimits } from '../../rate-limit/rate-limits.service.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AccountEvents } from '../../users/account-events.js';
import { ImportedUsers } from '../../users/imported-users.service.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { deviceName } from './device-name.js';
import { type RefreshClaim, RefreshTokens } from './refresh-tokens.js';
import { Session, SessionEnd } from './session.entity.js';
import { SessionEnded, SignedIn } from './session-events.js';
import { InvalidRefreshTokenError } from './sessions.errors.js';

/** What a client gets when it signs in or refreshes. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Life of the access token, in seconds. */
  accessTokenTtl: number;
}

/** A session and what its access tokens say, as one statement has read them. */
interface LiveSession {
  user_id: string;
  role: RoleName;
  access_generation: number;
  generation: number;
  /** Until the session ends unless it is used; never 0. */
  seconds_left: number;
}

const LIVE_SESSION =
  's.user_id, u.role, u.access_generation, s.generation, ceil(extract(epoch FROM s.expires_at - now()))::int AS seconds_left';

/** To plan it takes twice as long as to carry it out. */
const ROTATE = namedStatement(
  'rotate-session',
  `UPDATE auth_sessions s
            SET generation = s.generation + 1, last_used_at = now(), ip = $3, user_agent = $4,
                expires_at = least(now() + make_interval(secs => $5), s.absolute_expires_at)
           FROM auth_users u
          WHERE s.id = $1 AND s.generation = $2 AND s.ended_at IS NULL AND s.expires_at > now()
            AND u.id = s.user_id AND u.is_active AND u.deleted_at IS NULL
      RETURNING ${LIVE_SESSION}`,
);

/** Sessions, from sign-in to their end. It alone writes `auth_sessions`. */
@Injectable()
export class SessionsService {
  /**
   * How the refreshes of this process ended so far: `repeated` got the successor that the first got, `replayed` ended
   * the session.
   */
  readonly refreshes = { rotated: 0, repeated: 0, replayed: 0, refused: 0 };

  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly limits: RateLimits,
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
   * @param sessionId - A UUIDv7. Default a new one.
   */
  async start(
    user: Pick<User, 'id'>,
    client: Client,
    tx: EntityManager,
    sessionId: string = uuid(),
  ): Promise<TokenPair> {
    const { sessionIdleTtl, sessionMaxTtl, sessionsPerUser } = this.settings;
    const [started] = await query<LiveSession>(
      tx,
      `WITH s AS (
         INSERT INTO auth_sessions (id, user_id, ip, user_agent, created_at, last_used_at, expires_at, absolute_expires_at)
         VALUES ($1, $2, $3, $4, now(), now(),
                 now() + make_interval(secs => least($5::int, $6::int)), now() + make_interval(secs => $6::int))
         RETURNING *)
       SELECT ${LIVE_SESSION} FROM s JOIN auth_users u ON u.id = s.user_id`,
      [sessionId, user.id, client.ip, client.userAgent, sessionIdleTtl, sessionMaxTtl],
    );
    await this.endWhere(
      `id IN (SELECT id FROM auth_sessions
               WHERE user_id = $2 AND ended_at IS NULL AND expires_at > now()
               ORDER BY created_at DESC, id DESC OFFSET $3)`,
      [user.id, sessionsPerUser],
      SessionEnd.Displaced,
      tx,
    );
    await this.events.emit(new SignedIn(user.id, sessionId, client), tx);
    return this.pair(sessionId, started);
  }

  /** Tells whether a user who has signed in before did so from other devices only. */
  async isNewDevice(userId: string, userAgent: string | null, tx: EntityManager): Promise<boolean> {
    const before = await query<{ user_agent: string | null }>(
      tx,
      'SELECT DISTINCT user_agent FROM auth_sessions WHERE user_id = $1',
      [userId],
    );
    if (before.length === 0 || before.some((session) => session.user_agent === userAgent)) return false;
    const device = deviceName(userAgent);
    return !before.some((session) => deviceName(session.user_agent) === device);
  }

  /**
   * Exchanges a refresh token for its successor and a new access token.
   *
   * One statement decides who is first. Who comes second within the grace gets the same successor; after it, or with
   * an older token, there are two holders of one session, one of them a thief, and the session ends (RFC 9700, 4.14.2).
   *
   * @throws {InvalidRefreshTokenError} if the token is not genuine, expired or replayed, or its session has ended.
   * @throws {TooManyRequestsError} if the session is refreshed too often.
   */
  async refresh(token: string, client: Client): Promise<TokenPair> {
    const claim = this.refreshTokens.read(token);
    if (!claim) {
      this.refreshes.refused++;
      throw new InvalidRefreshTokenError();
    }
    const { sessionId, generation } = claim;
    await this.limits.take('refresh-session', sessionId, client);

    const { ip, userAgent } = client;
    const rotated = await this.rotate([sessionId, generation, ip, userAgent, this.settings.sessionIdleTtl]);
    if (!rotated) return this.refreshAgain(claim, client);
    this.refreshes.rotated++;
    return this.pair(sessionId, rotated);
  }

  /**
   * Answers who comes with a refresh token that is not, or no longer, the newest of its session.
   *
   * @throws {InvalidRefreshTokenError} unless its successor was given out within the grace.
   */
  async refreshAgain({ sessionId, generation }: RefreshClaim, client: Client): Promise<TokenPair> {
    const current = await this.findSuccessor(sessionId, generation);
    if (!current) {
      const isReplayed = await this.endIfReplayed(sessionId, generation, client);
      this.refreshes[isReplayed ? 'replayed' : 'refused']++;
      throw new InvalidRefreshTokenError();
    }
    this.refreshes.repeated++;
    return this.pair(sessionId, current);
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
      if ((await this.endWhere('id = $2 AND user_id = $3', [sessionId, userId], reason, tx)) === 0)
        return false;
      const data = { reason, session: sessionId };
      await this.audit.record({ type: 'session_expired', userId, actorId: userId, client, data }, tx);
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
      const data = { reason, sessions: ended };
      await this.audit.record({ type: 'session_expired', userId, actorId: userId, client, data }, tx);
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
    return this.endWhere('user_id = $2 AND id IS DISTINCT FROM $3', [userId, except ?? null], reason, tx);
  }

  /** Ends the session of a refresh token, whichever generation it is of (RFC 7009). An unknown token changes nothing. */
  async revoke(token: string): Promise<void> {
    const claim = this.refreshTokens.read(token);
    if (claim) await this.sessions.manager.transaction((tx) => this.endGivenBack(claim.sessionId, tx));
  }

  /** Ends a session whose refresh token was given back. */
  async endGivenBack(sessionId: string, tx: EntityManager): Promise<void> {
    await this.endWhere('id = $2', [sessionId], SessionEnd.Logout, tx);
  }

  private async rotate(values: unknown[]): Promise<LiveSession | undefined> {
    const { rows } = await this.named.query<LiveSession>(ROTATE, values);
    return rows[0];
  }

  /** Finds what the parent's first holder got a moment ago, for the others who hold it. */
  private async findSuccessor(sessionId: string, parent: number): Promise<LiveSession | undefined> {
    const [row] = await query<LiveSession>(
      this.sessions.manager,
      `SELECT ${LIVE_SESSION}
         FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
        WHERE s.id = $1 AND s.generation = $2 AND s.ended_at IS NULL AND s.expires_at > now() AND u.is_active AND u.deleted_at IS NULL
          AND s.last_used_at > now() - make_interval(secs => $3)`,
      [sessionId, parent + 1, this.settings.refreshReuseGrace],
    );
    return row;
  }

  /** If the token is of an older generation, two have it: the session ends, and its user is told. */
  private endIfReplayed(sessionId: string, generation: number, client: Client): Promise<boolean> {
    return this.sessions.manager.transaction(async (tx) => {
      const condition = 'id = $2 AND generation > $3';
      if ((await this.endWhere(condition, [sessionId, generation], SessionEnd.Replay, tx)) === 0)
        return false;
      const { userId, userAgent, ip } = await tx.findOneByOrFail(Session, { id: sessionId });
      const { email } = await this.users.get(userId, tx);
      const notice = { device: deviceName(userAgent), ip, endedAt: new Date() };
      await this.mail.enqueue('session-replayed', email, notice, tx);
      const data = { session: sessionId };
      await this.audit.record({ type: 'authn_token_reuse', userId, actorId: null, client, data }, tx);
      return true;
    });
  }

  /** Ends what still lives of the sessions that a condition names, and tells all instances to forget them. */
  private async endWhere(
    condition: string,
    parameters: unknown[],
    reason: SessionEnd,
    tx: EntityManager,
  ): Promise<number> {
    const ended = await query<{ id: string; user_id: string }>(
      tx,
      `UPDATE auth_sessions SET ended_at = now(), end_reason = $1 WHERE ended_at IS NULL AND ${condition} RETURNING id, user_id`,
      [reason, ...parameters],
    );
    for (const { id, user_id: userId } of ended) {
      await this.changes.announce({ session: id }, tx);
      await this.events.emit(new SessionEnded(userId, id, reason), tx);
    }
    return ended.length;
  }

  private pair(sessionId: string, session: LiveSession): TokenPair {
    const { user_id: userId, role, access_generation: accessGeneration, generation } = session;
    // Who verifies tokens elsewhere hears of sessions that were ended, not of those that expire.
    const ttl = Math.min(this.settings.accessTokenTtl, session.seconds_left);
    return {
      accessToken: this.accessTokens.issue({ userId, sessionId, role, accessGeneration, ttl }),
      refreshToken: this.refreshTokens.issue({ sessionId, generation }),
      accessTokenTtl: ttl,
    };
  }
}

async function query<T>(tx: EntityManager, sql: string, parameters: unknown[]): Promise<T[]> {
  const result: T[] | [T[], number] = await tx.query(sql, parameters);
  // TypeORM answers an UPDATE with [rows, count].
  return Array.isArray(result[0]) ? result[0] : (result as T[]);
}
