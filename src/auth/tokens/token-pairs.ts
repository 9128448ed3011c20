import { Injectable } from '@nestjs/common';
import { unindexed } from '../../database/found-by-id.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { RoleName } from '../../settings/roles-option.js';
import { AccessTokens } from './access-tokens.js';
import { RefreshTokens } from './refresh-tokens.js';

/** Tokens returned by a sign-in or a refresh. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Lifetime of the access token in seconds. */
  accessTokenTtl: number;
}

/** Live session with the claims of its tokens, read by one statement. */
export interface LiveSession {
  id: string;
  user_id: string;
  role: RoleName;
  access_generation: number;
  generation: number;
  /** Proofs of the sign-in, such as `pwd` (RFC 8176). */
  methods: string[];
  /** Seconds since the level of the session was last verified in full, with a fraction. */
  proof_age: number;
  /** Seconds until the session expires if it is not refreshed; at least 1. */
  seconds_left: number;
}

/** SQL of the condition that a session `s`, which is found by its id, has neither ended nor expired. */
export const IS_LIVE = unindexed('s.ended_at IS NULL AND s.expires_at > now()');

/**
 * Columns of a {@link LiveSession}, from a session `s` and its user `u`. A session with two factors shows the time of the
 * second one: a password that was confirmed later must not make that look recent.
 */
export const LIVE_SESSION =
  's.id, s.user_id, u.role, u.access_generation, s.generation, s.methods, ' +
  'extract(epoch FROM now() - coalesce(s.second_factor_at, s.authenticated_at))::float8 AS proof_age, ' +
  'ceil(extract(epoch FROM s.expires_at - now()))::int AS seconds_left';

/** Issues the access token and the refresh token of the newest generation of a session. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly settings: AuthSettings,
  ) {}

  /** Issues both tokens of a session. */
  issue({ id: sessionId, user_id: userId, role, generation, ...session }: LiveSession): TokenPair {
    // An access token must not outlive its session, because verifiers elsewhere learn about ended sessions but not
    // about expired ones.
    const ttl = Math.min(this.settings.accessTokenTtl, session.seconds_left);
    const grant = { userId, sessionId, sessionGeneration: generation, role, ttl };
    const { methods, proof_age: proofAge, access_generation: accessGeneration } = session;
    return {
      accessToken: this.accessTokens.issue({ ...grant, accessGeneration, methods, proofAge }),
      refreshToken: this.refreshTokens.issue({ sessionId, generation }),
      accessTokenTtl: ttl,
    };
  }
}
