import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import {
  type ForeignHolder,
  ForeignTokens,
  type ForeignTokenSource,
} from '../../auth/tokens/foreign-tokens.js';
import type { TokenPair } from '../../auth/tokens/token-pairs.js';
import { LegacySignInService } from './legacy-sign-in.service.js';
import { LegacySignOutService } from './legacy-sign-out.service.js';
import { LegacyTokensService } from './legacy-tokens.service.js';

/** Makes Astra accept tokens of the FastAPI service besides its own. */
@Injectable()
export class FastapiTokensService implements ForeignTokenSource {
  constructor(
    foreignTokens: ForeignTokens,
    private readonly legacyTokens: LegacyTokensService,
    private readonly signIns: LegacySignInService,
    private readonly signOuts: LegacySignOutService,
  ) {
    foreignTokens.add(this);
  }

  /** Finds the holder without a cache, because these tokens are few and will disappear. */
  async findHolder(accessToken: string): Promise<ForeignHolder | null> {
    const legacy = this.legacyTokens.read(accessToken, 'access');
    const user = legacy && (await this.legacyTokens.findHolder(legacy));
    return user ? { user, sessionId: legacy.sessionId } : null;
  }

  /**
   * Starts a session for a refresh token of the FastAPI service.
   *
   * @throws {InvalidRefreshTokenError} if its user may not sign in.
   */
  exchange(refreshToken: string, client: Client): Promise<TokenPair> | undefined {
    const legacy = this.legacyTokens.read(refreshToken, 'refresh');
    return legacy ? this.signIns.signIn(legacy, client) : undefined;
  }

  /** Revokes all tokens of the user, and ends the session that this refresh token started. */
  revoke(refreshToken: string, client: Client): Promise<void> | undefined {
    const legacy = this.legacyTokens.read(refreshToken, 'refresh');
    return legacy ? this.signOuts.revoke(legacy, client) : undefined;
  }

  /** Revokes all tokens that the user has from the FastAPI service. */
  signOut(userId: string, client: Client): Promise<void> {
    return this.signOuts.signOut(userId, client);
  }
}
