import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Client } from '../../access/client.decorator.js';
import type { Role } from '../../access/role.js';
import { Changes } from '../../database/changes.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { RefreshTokens } from './refresh-tokens.js';
import { Session, SessionEnd } from './session.entity.js';
import { InactiveUserError, InvalidCredentialsError, InvalidRefreshTokenError } from './sessions.errors.js';

/** What a client gets when it signs in or refreshes. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Life of the access token, in seconds. */
  accessTokenTtl: number;
}

interface Rotated {
  user_id: string;
  role: Role;
  generation: number;
}

/** Sessions, from sign-in to their end. It alone writes `auth_sessions`. */
@Injectable()
export class SessionsService {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly changes: Changes,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Signs in with a username, or an address, and a password.
   *
   * @throws {InvalidCredentialsError} after the same time whether the name or the password is wrong.
   * @throws {InactiveUserError} only after the right password.
   */
  async signIn(login: string, password: string, client: Client): Promise<TokenPair> {
    const user = await this.users.findByLogin(login);
    const passwordHash = user?.passwordHash ?? null;
    const { matches, needsRehash } = await this.passwords.verify(password, passwordHash);
    if (!user || !passwordHash || !matches) throw new InvalidCredentialsError();
    if (!user.isActive) throw new InactiveUserError();

    const upgraded = needsRehash ? await this.passwords.hash(password) : undefined;
    return this.sessions.manager.transaction(async (tx) => {
      // The password was checked a moment ago: the session is good only if it is still this one.
      const stillValid = await this.users.lockForSignIn(user.id, passwordHash, tx);
      if (!stillValid) throw new InvalidCredentialsError();
      if (upgraded) await this.users.upgradePasswordHash(user.id, upgraded, tx);
      return this.start(user.id, user.role, client, tx);
    });
  }

  /**
   * Exchanges a refresh token for its successor and a new access token.
   *
   * One statement decides who is first. Who comes second within the grace gets the same successor; after it, or with
   * an older token, there are two holders of one session, one of them a thief, and the session ends (RFC 9700, 4.14.2).
   *
   * @throws {InvalidRefreshTokenError} if the token is not genuine, expired or replayed, or its session has ended.
   */
  async refresh(token: string, { ip, userAgent }: Client): Promise<TokenPair> {
    const claim = this.refreshTokens.read(token);
    if (!claim) throw new InvalidRefreshTokenError();

    const [rotated] = await this.query<Rotated>(
      `UPDATE auth_sessions s
          SET generation = s.generation + 1, last_used_at = now(), ip = $3, user_agent = $4,
              expires_at = least(now() + make_interval(secs => $5), s.absolute_expires_at)
         FROM auth_users u
        WHERE s.id = $1 AND s.generation = $2 AND s.ended_at IS NULL AND s.expires_at > now()
          AND u.id = s.user_id AND u.is_active
    RETURNING s.user_id, u.role, s.generation`,
      [claim.sessionId, claim.generation, ip, userAgent, this.settings.sessionIdleTtl],
    );
    const current = rotated ?? (await this.findSuccessor(claim.sessionId, claim.generation));
    if (!current) {
      await this.endIfReplayed(claim.sessionId, claim.generation);
      throw new InvalidRefreshTokenError();
    }
    return this.pair(claim.sessionId, current.user_id, current.role, current.generation);
  }

  /** Ends a session and with it the access tokens already issued. Ending one that has ended changes nothing. */
  async end(sessionId: string, reason: SessionEnd): Promise<void> {
    await this.sessions.manager.transaction(async (tx) => {
      const { affected } = await tx
        .createQueryBuilder()
        .update(Session)
        .set({ endedAt: () => 'now()', endReason: reason })
        .where('id = :sessionId AND ended_at IS NULL', { sessionId })
        .execute();
      if (affected) await this.changes.announce({ session: sessionId }, tx);
    });
  }

  /** Begins a session for a user who has proven who they are. */
  private async start(
    userId: string,
    role: Role,
    { ip, userAgent }: Client,
    tx: EntityManager,
  ): Promise<TokenPair> {
    const { sessionIdleTtl, sessionMaxTtl, sessionsPerUser } = this.settings;
    const sessionId = uuid();
    await tx.query(
      `INSERT INTO auth_sessions (id, user_id, ip, user_agent, created_at, last_used_at, expires_at, absolute_expires_at)
       VALUES ($1, $2, $3, $4, now(), now(), now() + make_interval(secs => $5), now() + make_interval(secs => $6))`,
      [sessionId, userId, ip, userAgent, sessionIdleTtl, sessionMaxTtl],
    );
    const displaced = await this.query<{ id: string }>(
      `UPDATE auth_sessions SET ended_at = now(), end_reason = $3
        WHERE id IN (SELECT id FROM auth_sessions
                      WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()
                      ORDER BY created_at DESC, id DESC OFFSET $2)
    RETURNING id`,
      [userId, sessionsPerUser, SessionEnd.Displaced],
      tx,
    );
    for (const { id } of displaced) await this.changes.announce({ session: id }, tx);
    return this.pair(sessionId, userId, role, 0);
  }

  /** Finds what the parent's first holder got a moment ago, for the others who hold it. */
  private async findSuccessor(sessionId: string, parent: number): Promise<Rotated | undefined> {
    const [row] = await this.query<Rotated>(
      `SELECT s.user_id, u.role, s.generation
         FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
        WHERE s.id = $1 AND s.generation = $2 AND s.ended_at IS NULL AND s.expires_at > now() AND u.is_active
          AND s.last_used_at > now() - make_interval(secs => $3)`,
      [sessionId, parent + 1, this.settings.refreshReuseGrace],
    );
    return row;
  }

  private async endIfReplayed(sessionId: string, generation: number): Promise<void> {
    const replayed = await this.sessions
      .createQueryBuilder('session')
      .where('session.id = :sessionId AND session.generation > :generation AND session.endedAt IS NULL', {
        sessionId,
        generation,
      })
      .getExists();
    if (replayed) await this.end(sessionId, SessionEnd.Replay);
  }

  private pair(sessionId: string, userId: string, role: Role, generation: number): TokenPair {
    return {
      accessToken: this.accessTokens.issue({ userId, sessionId, role }),
      refreshToken: this.refreshTokens.issue({ sessionId, generation }),
      accessTokenTtl: this.settings.accessTokenTtl,
    };
  }

  private async query<T>(sql: string, parameters: unknown[], tx = this.sessions.manager): Promise<T[]> {
    const result: T[] | [T[], number] = await tx.query(sql, parameters);
    // TypeORM answers an UPDATE with [rows, count].
    return Array.isArray(result[0]) ? result[0] : (result as T[]);
  }
}
