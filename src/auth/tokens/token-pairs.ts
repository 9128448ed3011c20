import { Injectable } from '@nestjs/common';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { RoleName } from '../../settings/roles-option.js';
import { AccessTokens } from './access-tokens.js';
import { RefreshTokens } from './refresh-tokens.js';

/** What a client gets when it signs in or refreshes. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Life of the access token, in seconds. */
  accessTokenTtl: number;
}

/** A session and what its tokens say, as one statement has read them. */
export interface LiveSession {
  id: string;
  user_id: string;
  role: RoleName;
  access_generation: number;
  generation: number;
  /** Until the session ends unless it is used; never 0. */
  seconds_left: number;
}

/** The columns of a {@link LiveSession}, of a session `s` and its user `u`. */
export const LIVE_SESSION =
  's.id, s.user_id, u.role, u.access_generation, s.generation, ceil(extract(epoch FROM s.expires_at - now()))::int AS seconds_left';

/** Issues the two tokens of the newest generation of a session. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly settings: AuthSettings,
  ) {}

  issue({ id: sessionId, user_id: userId, role, generation, ...session }: LiveSession): TokenPair {
    // Who verifies tokens elsewhere hears of sessions that were ended, not of those that expire.
    const ttl = Math.min(this.settings.accessTokenTtl, session.seconds_left);
    const grant = { userId, sessionId, sessionGeneration: generation, role, ttl };
    return {
      accessToken: this.accessTokens.issue({ ...grant, accessGeneration: session.access_generation }),
      refreshToken: this.refreshTokens.issue({ sessionId, generation }),
      accessTokenTtl: ttl,
    };
  }
}
