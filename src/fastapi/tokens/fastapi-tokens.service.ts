import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { violatedConstraint } from '../../problem/database-errors.js';
import { AccountEvents } from '../../users/account-events.js';
import { ImportedUsers } from '../imported-users.service.js';
import { RefreshService } from '../../auth/refresh/refresh.service.js';
import { InvalidRefreshTokenError } from '../../auth/refresh/refresh.errors.js';
import { OwnSessionsService } from '../../auth/sessions/own-sessions.service.js';
import { SessionEnd } from '../../auth/sessions/session.entity.js';
import { AllSessionsEnding } from '../../auth/sessions/session-events.js';
import type { Proof } from '../../auth/sign-in/proof.js';
import { SignInService } from '../../auth/sign-in/sign-in.service.js';
import {
  type ForeignHolder,
  ForeignTokens,
  type ForeignTokenSource,
} from '../../auth/tokens/foreign-tokens.js';
import type { TokenPair } from '../../auth/tokens/token-pairs.js';
import { type LegacyToken, LegacyTokens } from './legacy-tokens.service.js';

/** The parent of the first refresh token of a session, which has generation 0. */
const BEFORE_FIRST = -1;

/** The way in by tokens of the FastAPI service. */
@Injectable()
export class FastapiTokensService implements ForeignTokenSource {
  constructor(
    foreignTokens: ForeignTokens,
    events: AccountEvents,
    @InjectDataSource() private readonly db: DataSource,
    private readonly legacyTokens: LegacyTokens,
    private readonly signIns: SignInService,
    private readonly refreshes: RefreshService,
    private readonly ownSessions: OwnSessionsService,
    private readonly importedUsers: ImportedUsers,
    private readonly audit: AuditService,
  ) {
    foreignTokens.add(this);
    events.before(AllSessionsEnding, ({ userId }, tx) => importedUsers.endLegacyTokens(userId, tx));
  }

  /** Nothing is remembered of tokens of the FastAPI service: they are few, and soon there are none. */
  async findHolder(accessToken: string): Promise<ForeignHolder | null> {
    const legacy = this.legacyTokens.read(accessToken, 'access');
    const user = legacy && (await this.legacyTokens.findHolder(legacy));
    return user ? { user, sessionId: legacy.sessionId } : null;
  }

  /**
   * Begins a session, once: after that the token is the parent of the session's first refresh token, and its replay ends
   * the session as that of any other would.
   */
  exchange(refreshToken: string, client: Client): Promise<TokenPair> | undefined {
    const legacy = this.legacyTokens.read(refreshToken, 'refresh');
    return legacy ? this.signIn(legacy, client) : undefined;
  }

  /** All tokens of its user from that service end: nobody knows which others came with it. */
  revoke(refreshToken: string, client: Client): Promise<void> | undefined {
    const legacy = this.legacyTokens.read(refreshToken, 'refresh');
    if (!legacy) return undefined;
    return this.db.transaction(async (tx) => {
      const user = await this.importedUsers.findTokenHolder(legacy.username, tx);
      const hasEnded = user ? await this.importedUsers.endLegacyTokens(user.id, tx) : false;
      await this.ownSessions.revoke(legacy.sessionId, client, tx);
      if (user && hasEnded) await this.recordEnd(user.id, client, tx);
    });
  }

  async signOut(userId: string, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      if (await this.importedUsers.endLegacyTokens(userId, tx)) await this.recordEnd(userId, client, tx);
    });
  }

  private async signIn(legacy: LegacyToken, client: Client): Promise<TokenPair> {
    const { sessionId } = legacy;
    const user = await this.legacyTokens.findHolder(legacy);
    if (!user) throw new InvalidRefreshTokenError();
    const proof: Proof = {
      ...{ method: 'legacy', sessionId, reason: 'legacy_token' },
      hold: async (tx) => (await this.legacyTokens.findHolder(legacy, { tx, lock: true })) !== null,
    };
    try {
      const tokens = await this.signIns.prove(user, proof, client);
      if (!tokens) throw new InvalidRefreshTokenError();
      return tokens;
    } catch (error) {
      if (!wasBegun(error)) throw error;
      return this.refreshes.refreshAgain({ sessionId, generation: BEFORE_FIRST }, client);
    }
  }

  private async recordEnd(userId: string, client: Client, tx: EntityManager): Promise<void> {
    const data = { reason: SessionEnd.Logout, legacy: true };
    await this.audit.record({ type: 'session_expired', userId, actorId: userId, client, data }, tx);
  }
}

/** The id of the session is made from the token, so that its key is what makes the token good for one use. */
const wasBegun = (error: unknown) => violatedConstraint(error) === 'auth_sessions_pkey';
