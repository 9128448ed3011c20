import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InvalidTokenError } from '../../access/access.errors.js';
import type { Client } from '../../access/client.decorator.js';
import type { SessionHolder } from '../../access/principal.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AuditService } from '../../audit/audit.service.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { type TokenPair, TokenPairs } from '../tokens/token-pairs.js';
import { Reauthenticated } from './reauthenticated.event.js';

/** Access token of a renewed session. */
export type RenewedToken = Pick<TokenPair, 'accessToken' | 'accessTokenTtl'>;

/**
 * Renews sessions in the transaction that has verified a proof, and records it. The session itself is renewed, not only a
 * token, so that clients can repeat a rejected request with the access token that they have.
 */
@Injectable()
export class SessionRenewal {
  constructor(
    private readonly sessions: SessionsService,
    private readonly tokenPairs: TokenPairs,
    private readonly events: AccountEvents,
    private readonly audit: AuditService,
  ) {}

  /**
   * Renews a session, also for access tokens already issued.
   *
   * @returns a new access token of the session, for services that only know the token.
   * @throws {InvalidTokenError} if the session has ended, or the access token belongs to none.
   */
  async renew(
    { userId, sessionId }: SessionHolder,
    method: SignInMethod,
    client: Client,
    tx: EntityManager,
  ): Promise<RenewedToken> {
    const session = await this.sessions.renew(sessionId, method, tx);
    if (!session) throw new InvalidTokenError();
    await this.events.emit(new Reauthenticated(userId, sessionId, method), tx);
    const event = { userId, actorId: userId, client, data: { method } };
    await this.audit.record({ type: 'authn_reauthenticated', ...event }, tx);
    return this.tokenPairs.issue(session);
  }
}
