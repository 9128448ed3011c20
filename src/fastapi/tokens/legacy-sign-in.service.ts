import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import { InvalidRefreshTokenError } from '../../auth/refresh/refresh.errors.js';
import { RefreshService } from '../../auth/refresh/refresh.service.js';
import type { Proof } from '../../auth/sign-in/proof.js';
import { SignInService } from '../../auth/sign-in/sign-in.service.js';
import type { TokenPair } from '../../auth/tokens/token-pairs.js';
import { violatedConstraint } from '../../http/problem/database-errors.js';
import { type LegacyToken, LegacyTokensService } from './legacy-tokens.service.js';

/** The parent of the first refresh token of a session, which has generation 0. */
const BEFORE_FIRST = -1;

/** The way in by a refresh token of the FastAPI service. */
@Injectable()
export class LegacySignInService {
  constructor(
    private readonly legacyTokens: LegacyTokensService,
    private readonly signIns: SignInService,
    private readonly refreshes: RefreshService,
  ) {}

  /**
   * Begins a session, once: after that the token is the parent of the session's first refresh token, and its replay ends
   * the session as that of any other would.
   *
   * @throws {InvalidRefreshTokenError} if its user may not sign in.
   */
  async signIn(legacy: LegacyToken, client: Client): Promise<TokenPair> {
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
}

/** The id of the session is made from the token, so that its key is what makes the token good for one use. */
const wasBegun = (error: unknown) => violatedConstraint(error) === 'auth_sessions_pkey';
