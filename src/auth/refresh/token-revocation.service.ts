import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { FoundApiKeysService } from '../api-keys/found-api-keys.service.js';
import { OwnSessionsService } from '../sessions/own/own-sessions.service.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { ForeignTokens } from '../tokens/foreign-tokens.js';
import { RefreshTokens } from '../tokens/refresh-tokens.js';

/** Ends what a token stands for: a session, or the API key or foreign token itself. */
@Injectable()
export class TokenRevocationService {
  constructor(
    private readonly ownSessions: OwnSessionsService,
    private readonly refreshTokens: RefreshTokens,
    private readonly foreignTokens: ForeignTokens,
    private readonly apiKeys: FoundApiKeysService,
  ) {}

  /**
   * Ends the session of a refresh token of any generation (RFC 7009), or revokes an API key or a foreign refresh
   * token. Ignores unknown tokens.
   */
  async revoke(token: string, client: Client): Promise<void> {
    if (await this.apiKeys.revoke(token, client)) return;
    const foreign = this.foreignTokens.revoke(token, client);
    if (foreign) return foreign;
    const claim = this.refreshTokens.read(token);
    if (claim) await this.ownSessions.revoke(claim.sessionId, client);
  }

  /** Ends the session of an access token. A foreign token has none, so it is revoked itself. */
  async signOut({ sessionId, userId }: SessionPrincipal, client: Client): Promise<void> {
    const hasEnded = await this.ownSessions.end(sessionId, userId, SessionEnd.Logout, client);
    if (!hasEnded) await this.foreignTokens.signOut(userId, client);
  }
}
