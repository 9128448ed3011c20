import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import { InvalidRefreshTokenError } from '../../auth/refresh/refresh.errors.js';
import { RefreshService } from '../../auth/refresh/refresh.service.js';
import type { Proof } from '../../auth/sign-in/proof.js';
import { SignInService } from '../../auth/sign-in/sign-in.service.js';
import type { TokenPair } from '../../auth/tokens/token-pairs.js';
import { violatedConstraint } from '../../http/problem/database-errors.js';
import { type LegacyToken, LegacyTokensService } from './legacy-tokens.service.js';

/** Generation of the parent of a session's first refresh token. */
const BEFORE_FIRST = -1;

/** Sign-in with a refresh token of the FastAPI service. */
@Injectable()
export class LegacySignInService {
  constructor(
    private readonly legacyTokens: LegacyTokensService,
    private readonly signIns: SignInService,
    private readonly refreshes: RefreshService,
  ) {}

  /**
   * Starts a session, once. Afterwards the token is the parent of the session's first refresh token, and replaying it
   * ends the session like that of any other token.
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

/** The id of the session is derived from the token, so the primary key limits the token to one session. */
const wasBegun = (error: unknown) => violatedConstraint(error) === 'auth_sessions_pkey';
