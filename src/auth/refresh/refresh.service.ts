import { Injectable, Logger } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import { onceAMinute } from '../../http/problem/once-a-minute.js';
import { RateLimitsService } from '../../rate-limit/rate-limits.service.js';
import { SessionGenerationsService } from '../sessions/generations/session-generations.service.js';
import { ForeignTokens } from '../tokens/foreign-tokens.js';
import { type RefreshClaim, RefreshTokens } from '../tokens/refresh-tokens.js';
import { type TokenPair, TokenPairs } from '../tokens/token-pairs.js';
import { InvalidRefreshTokenError } from './refresh.errors.js';
import { TokenReplayService } from './token-replay.service.js';

/** Exchanges and revokes refresh tokens. */
@Injectable()
export class RefreshService {
  /**
   * Number of refreshes in this process by outcome. `repeated`: the same successor was returned again. `replayed`: the
   * session was ended. `refused`: the token was invalid. `recovered`: the database had lost the generation of the token.
   */
  readonly outcomes = { rotated: 0, repeated: 0, replayed: 0, refused: 0, recovered: 0 };
  private readonly logger = new Logger(RefreshService.name);
  private readonly mayComplain = onceAMinute();

  constructor(
    private readonly generations: SessionGenerationsService,
    private readonly replays: TokenReplayService,
    private readonly foreignTokens: ForeignTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly tokenPairs: TokenPairs,
    private readonly limits: RateLimitsService,
  ) {}

  /**
   * Exchanges a refresh token for its successor and a new access token. A foreign refresh token begins a session.
   *
   * One statement decides which of several requests is first. The others get the same successor until it is used, and
   * for the grace period after that, because the first response may have been lost. Later, or with an older token, two
   * parties hold the session, one of them a thief, and the session is ended (RFC 9700, 4.14.2).
   *
   * @throws {InvalidRefreshTokenError} if the token is not genuine, expired or replayed, or its session has ended.
   * @throws {TooManyRequestsError} if the session is refreshed too often.
   */
  async refresh(token: string, client: Client): Promise<TokenPair> {
    const exchanged = await this.foreignTokens.exchange(token, client);
    if (exchanged) return exchanged;
    const claim = this.refreshTokens.read(token);
    if (!claim) {
      this.outcomes.refused++;
      throw new InvalidRefreshTokenError();
    }
    const { sessionId, generation } = claim;
    await this.limits.take('refresh-session', sessionId, client);

    const rotated = await this.generations.rotate(sessionId, generation, client);
    if (!rotated) return this.refreshAgain(claim, client);
    this.outcomes.rotated++;
    return this.tokenPairs.issue(rotated);
  }

  /**
   * Handles a refresh token that is not the newest of its session: returns its successor again, or ends the session as
   * replayed. A token that is newer than its session is accepted, because it was issued before the session went back.
   *
   * @throws {InvalidRefreshTokenError} unless the successor may be returned again.
   */
  async refreshAgain({ sessionId, generation: parent }: RefreshClaim, client: Client): Promise<TokenPair> {
    const successor = await this.generations.repeat(sessionId, parent + 1);
    if (!successor) {
      const recovered = await this.generations.catchUp(sessionId, parent, client);
      if (recovered) {
        this.noteLoss();
        return this.tokenPairs.issue(recovered);
      }
      const { condition, parameters } = this.generations.replayed(sessionId, parent);
      const isReplayed = await this.replays.end(condition, parameters, client);
      this.outcomes[isReplayed ? 'replayed' : 'refused']++;
      throw new InvalidRefreshTokenError();
    }
    this.outcomes.repeated++;
    return this.tokenPairs.issue(successor);
  }

  /** Counts and logs that the database has lost what it had committed. */
  private noteLoss(): void {
    this.outcomes.recovered++;
    if (this.mayComplain())
      this.logger.error(
        'A session in the database is older than its refresh token: the database has lost acknowledged changes, by a failover to a replica that was behind, or by a restored backup. Sign-outs and changed passwords may be lost as well.',
      );
  }
}
