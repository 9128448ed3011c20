import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import { AuditService } from '../../audit/audit.service.js';
import { violatedConstraint } from '../../problem/database-errors.js';
import { ImportedUsers } from '../../users/imported-users.service.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { InvalidRefreshTokenError } from '../sessions/sessions.errors.js';
import { RefreshService } from '../sessions/refresh.service.js';
import { SessionsService } from '../sessions/sessions.service.js';
import type { TokenPair } from '../sessions/token-pairs.js';
import { type LegacyToken, LegacyTokens } from './legacy-tokens.service.js';

/** The parent of the first refresh token of a session, which has generation 0. */
const BEFORE_FIRST = -1;

/** Sessions of people who come with tokens of the FastAPI service. */
@Injectable()
export class LegacySessions {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly legacyTokens: LegacyTokens,
    private readonly sessions: SessionsService,
    private readonly refreshes: RefreshService,
    private readonly importedUsers: ImportedUsers,
    private readonly audit: AuditService,
  ) {}

  /**
   * Exchanges a refresh token. One of the FastAPI service begins a session, once: after that it is the parent of the
   * session's first refresh token, and its replay ends the session as that of any other would.
   *
   * @throws {InvalidRefreshTokenError} as {@link RefreshService.refresh}, and if the user was not taken over.
   */
  async refresh(token: string, client: Client): Promise<TokenPair> {
    const legacy = this.legacyTokens.read(token, 'refresh');
    if (!legacy) return this.refreshes.refresh(token, client);
    try {
      return await this.begin(legacy, client);
    } catch (error) {
      if (!wasBegun(error)) throw error;
      return this.refreshes.refreshAgain({ sessionId: legacy.sessionId, generation: BEFORE_FIRST }, client);
    }
  }

  private begin(legacy: LegacyToken, client: Client): Promise<TokenPair> {
    return this.db.transaction(async (tx) => {
      const user = await this.legacyTokens.findHolder(legacy, { tx, lock: true });
      if (!user) throw new InvalidRefreshTokenError();
      const tokens = await this.sessions.start(user, client, tx, legacy.sessionId);
      const event = { userId: user.id, actorId: user.id, client, data: { reason: 'legacy_token' } };
      await this.audit.record({ type: 'authn_login_success', ...event }, tx);
      return tokens;
    });
  }

  /**
   * Gives a refresh token back (RFC 7009). With one of the FastAPI service all of its user's tokens of that service end:
   * nobody knows which others came with it.
   */
  async revoke(token: string, client: Client): Promise<void> {
    const legacy = this.legacyTokens.read(token, 'refresh');
    if (!legacy) return this.sessions.revoke(token, client);
    await this.db.transaction(async (tx) => {
      const user = await this.importedUsers.findTokenHolder(legacy.username, tx);
      const hasEnded = user ? await this.importedUsers.endLegacyTokens(user.id, tx) : false;
      await this.sessions.endRevoked(legacy.sessionId, client, tx);
      if (user && hasEnded) await this.recordEnd(user.id, client, tx);
    });
  }

  /** Signs out: ends the session of the request or, with a token of the FastAPI service, which has none, all of those. */
  async logout({ sessionId, userId }: Principal, client: Client): Promise<void> {
    if (await this.sessions.end(sessionId, userId, SessionEnd.Logout, client)) return;
    await this.db.transaction(async (tx) => {
      if (await this.importedUsers.endLegacyTokens(userId, tx)) await this.recordEnd(userId, client, tx);
    });
  }

  private async recordEnd(userId: string, client: Client, tx: EntityManager): Promise<void> {
    const data = { reason: SessionEnd.Logout, legacy: true };
    await this.audit.record({ type: 'session_expired', userId, actorId: userId, client, data }, tx);
  }
}

/** The id of the session is made from the token, so that its key is what makes the token good for one use. */
const wasBegun = (error: unknown) => violatedConstraint(error) === 'auth_sessions_pkey';
