import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { NamedStatements, namedStatement } from '../../database/named-statements.js';
import { RateLimits } from '../../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { Confirmations } from './confirmations.service.js';
import { type RefreshClaim, RefreshTokens } from './refresh-tokens.js';
import { InvalidRefreshTokenError } from './sessions.errors.js';
import { SessionsService } from './sessions.service.js';
import { LIVE_SESSION, type LiveSession, type TokenPair, TokenPairs } from './token-pairs.js';

/** To plan it takes twice as long as to carry it out. */
const ROTATE = namedStatement(
  'rotate-session',
  `UPDATE auth_sessions s
            SET generation = s.generation + 1, last_used_at = now(), ip = $3, user_agent = $4,
                expires_at = least(now() + make_interval(secs => $5), s.absolute_expires_at),
                confirmed_at = NULL, late_repeats = least(0, -s.late_repeats)
           FROM auth_users u
          WHERE s.id = $1 AND s.generation = $2 AND s.ended_at IS NULL AND s.expires_at > now()
            AND u.id = s.user_id AND u.is_active AND u.deleted_at IS NULL
      RETURNING ${LIVE_SESSION}`,
);

/**
 * So many generations in a row may be got again after the grace. Who loses more answers than that, and never shows an
 * access token here, can only be two: where both show theirs to other services alone, nothing else gives them away.
 */
const MAX_LATE_REPEATS = 3;

/**
 * Whether the successor is to be given out again: nobody was seen to use it, or first did so within the grace. What this
 * process has seen and not written yet ($3) was seen just now.
 */
const MAY_REPEAT = `coalesce(
  coalesce(s.confirmed_at, CASE WHEN $3 THEN now() END) > now() - make_interval(secs => $4), true)`;

const LIVE = `s.ended_at IS NULL AND s.expires_at > now()`;

/** Exchanges refresh tokens. */
@Injectable()
export class RefreshService {
  /**
   * How the refreshes of this process ended so far: `repeated` got the successor that the first got, `replayed` ended
   * the session.
   */
  readonly outcomes = { rotated: 0, repeated: 0, replayed: 0, refused: 0 };

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionsService,
    private readonly confirmations: Confirmations,
    private readonly refreshTokens: RefreshTokens,
    private readonly tokenPairs: TokenPairs,
    private readonly named: NamedStatements,
    private readonly limits: RateLimits,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Exchanges a refresh token for its successor and a new access token.
   *
   * One statement decides who is first. Who comes second gets the same successor, within the grace and for as long as
   * nobody has used it: the first answer may be lost. After that, or with an older token, there are two holders of one
   * session, one of them a thief, and the session ends (RFC 9700, 4.14.2).
   *
   * @throws {InvalidRefreshTokenError} if the token is not genuine, expired or replayed, or its session has ended.
   * @throws {TooManyRequestsError} if the session is refreshed too often.
   */
  async refresh(token: string, client: Client): Promise<TokenPair> {
    const claim = this.refreshTokens.read(token);
    if (!claim) {
      this.outcomes.refused++;
      throw new InvalidRefreshTokenError();
    }
    const { sessionId, generation } = claim;
    await this.limits.take('refresh-session', sessionId, client);

    const { ip, userAgent } = client;
    const rotated = await this.rotate([sessionId, generation, ip, userAgent, this.settings.sessionIdleTtl]);
    if (!rotated) return this.refreshAgain(claim, client);
    this.outcomes.rotated++;
    return this.tokenPairs.issue(rotated);
  }

  /**
   * Answers who comes with a refresh token that is not, or no longer, the newest of its session.
   *
   * @throws {InvalidRefreshTokenError} unless its successor may be given out again.
   */
  async refreshAgain({ sessionId, generation: parent }: RefreshClaim, client: Client): Promise<TokenPair> {
    const successor = await this.repeat(sessionId, parent + 1);
    if (!successor) {
      const isReplayed = await this.endIfReplayed(sessionId, parent, client);
      this.outcomes[isReplayed ? 'replayed' : 'refused']++;
      throw new InvalidRefreshTokenError();
    }
    this.outcomes.repeated++;
    return this.tokenPairs.issue(successor);
  }

  private async rotate(values: unknown[]): Promise<LiveSession | undefined> {
    const { rows } = await this.named.query<LiveSession>(ROTATE, values);
    return rows[0];
  }

  /** Finds the successor, if it is the newest generation and may be given out again; after the grace that is noted. */
  private async repeat(sessionId: string, generation: number): Promise<LiveSession | undefined> {
    const values = this.lenience(sessionId, generation);
    const [found] = await this.db.query<(LiveSession & { is_late: boolean })[]>(
      `SELECT ${LIVE_SESSION}, s.last_used_at <= now() - make_interval(secs => $4) AS is_late
         FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
        WHERE s.id = $1 AND s.generation = $2 AND ${LIVE} AND u.is_active AND u.deleted_at IS NULL AND ${MAY_REPEAT}`,
      values,
    );
    if (!found?.is_late) return found;
    const [, noted] = await this.db.query<[unknown[], number]>(
      `UPDATE auth_sessions s
          SET late_repeats = CASE WHEN s.late_repeats > 0 THEN s.late_repeats ELSE 1 - s.late_repeats END
        WHERE s.id = $1 AND s.generation = $2 AND ${LIVE} AND ${MAY_REPEAT} AND s.late_repeats > $5`,
      [...values, -MAX_LATE_REPEATS],
    );
    return noted > 0 ? found : undefined;
  }

  /** If two have the token, the session ends, and its user is told. */
  private endIfReplayed(sessionId: string, parent: number, client: Client): Promise<boolean> {
    return this.sessions.endReplayed(
      `s.id = $1 AND (s.generation > $2 OR s.generation = $2 AND NOT (${MAY_REPEAT} AND s.late_repeats > $5))`,
      [...this.lenience(sessionId, parent + 1), -MAX_LATE_REPEATS],
      client,
    );
  }

  /** The parameters $1 to $4. */
  private lenience(sessionId: string, generation: number): unknown[] {
    const isSeen = this.confirmations.hasSeen(sessionId, generation);
    return [sessionId, generation, isSeen, this.settings.refreshReuseGrace];
  }
}
