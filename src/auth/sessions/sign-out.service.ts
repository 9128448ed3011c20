import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import type { SessionEnd } from './session.entity.js';
import { SessionsService } from './sessions.service.js';

/** Ends all sessions and links of a user, since somebody else may hold one of them. */
@Injectable()
export class SignOutService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokens,
  ) {}

  /**
   * Signs a user out everywhere, inside the transaction that requires it. The caller records the reason.
   *
   * @param tx - Transaction that has locked the account's row.
   * @param options.except - Session that continues. Default: none.
   */
  async everywhere(
    userId: string,
    reason: SessionEnd,
    tx: EntityManager,
    options?: { except?: string },
  ): Promise<void> {
    await this.sessions.endAll(userId, reason, tx, options);
    await this.tokens.revokeAll(userId, tx);
  }
}
