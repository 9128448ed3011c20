import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import type { SessionEnd } from './session.entity.js';
import { SessionsService } from './sessions.service.js';

/** Ends all that somebody may have got hold of to act for a user: sessions, and the links in messages. */
@Injectable()
export class SignOutService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokens,
  ) {}

  /**
   * Signs a user out everywhere, as part of what it is for. Whoever calls it records why.
   *
   * @param tx - A transaction that holds the account's row.
   * @param options.except - A session that goes on. Default: none does.
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
