import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { OwnSessionsService } from '../../auth/sessions/own/own-sessions.service.js';
import { SessionEnd } from '../../auth/sessions/session.entity.js';
import { AllSessionsEnding } from '../../auth/sessions/session-events.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { ImportedUsersService } from '../imported-users.service.js';
import type { LegacyToken } from './legacy-tokens.service.js';

/** Revokes the tokens of the FastAPI service of a user: all at once, because it is unknown which belong together. */
@Injectable()
export class LegacySignOutService {
  constructor(
    events: AccountEvents,
    @InjectDataSource() private readonly db: DataSource,
    private readonly importedUsers: ImportedUsersService,
    private readonly ownSessions: OwnSessionsService,
    private readonly audit: AuditService,
  ) {
    events.before(AllSessionsEnding, ({ userId }, tx) => importedUsers.endLegacyTokens(userId, tx));
  }

  /** Revokes all tokens of a user. Records it only if some were still valid. */
  async signOut(userId: string, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      if (await this.importedUsers.endLegacyTokens(userId, tx)) await this.record(userId, client, tx);
    });
  }

  /** Revokes a refresh token and ends the session that it started. */
  async revoke({ username, sessionId }: LegacyToken, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.importedUsers.findTokenHolder(username, tx);
      const hasEnded = user ? await this.importedUsers.endLegacyTokens(user.id, tx) : false;
      await this.ownSessions.revoke(sessionId, client, tx);
      if (user && hasEnded) await this.record(user.id, client, tx);
    });
  }

  private async record(userId: string, client: Client, tx: EntityManager): Promise<void> {
    const data = { reason: SessionEnd.Logout, legacy: true };
    await this.audit.record({ type: 'session_expired', userId, actorId: userId, client, data }, tx);
  }
}
