import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { type NamedStatement, NamedStatements, namedStatement } from '../../../database/named-statements.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { ACTIVE_USER } from '../../../users/user-rows.js';
import { IS_LIVE, LIVE_SESSION, type LiveSession } from '../../tokens/token-pairs.js';
import { ConfirmationsService } from './confirmations.service.js';

/** Starts the generation after $2 in a live session `s` that meets a condition. */
const nextGeneration = (condition: string) =>
  `UPDATE auth_sessions s
            SET generation = $2::int + 1, last_used_at = now(), ip = $3, user_agent = $4,
                expires_at = least(now() + make_interval(secs => $5), s.absolute_expires_at),
                confirmed_at = NULL, late_repeats = least(0, -s.late_repeats)
           FROM auth_users u
          WHERE s.id = $1 AND ${condition} AND ${IS_LIVE} AND u.id = s.user_id AND ${ACTIVE_USER}
      RETURNING ${LIVE_SESSION}`;

/** A prepared statement, because planning takes twice as long as executing it. */
const ROTATE = namedStatement('rotate-session', nextGeneration('s.generation = $2'));
const CATCH_UP = namedStatement('catch-up-session', nextGeneration('s.generation < $2'));

/**
 * Maximum of generations in a row that may be returned again after the grace period. A session that exceeds it without
 * ever showing an access token here probably has two holders, who both use their tokens only with other services;
 * nothing else would reveal them.
 */
const MAX_LATE_REPEATS = 3;

/**
 * Condition under which the successor may be returned again: its use was not seen, or was first seen within the grace
 * period ($4). A use that this process has seen and not written yet ($3) counts as seen now.
 */
const MAY_REPEAT = `coalesce(
  coalesce(s.confirmed_at, CASE WHEN $3 THEN now() END) > now() - make_interval(secs => $4), true)`;

/** Manages the generations of sessions. Each refresh starts the next one, and only the newest is valid. */
@Injectable()
export class SessionGenerationsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly named: NamedStatements,
    private readonly confirmations: ConfirmationsService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Starts the next generation of a live session of an active user. One statement decides which of several requests is
   * first.
   *
   * @returns `undefined` unless the given generation was the newest.
   */
  rotate(sessionId: string, generation: number, client: Client): Promise<LiveSession | undefined> {
    return this.advance(ROTATE, sessionId, generation, client);
  }

  /**
   * Starts the next generation of a live session whose row is older than the given generation. The database has then lost
   * what it had committed, such as by a failover to an asynchronous replica.
   *
   * @param generation - Of a genuine token.
   * @returns `undefined` unless the row is older.
   */
  catchUp(sessionId: string, generation: number, client: Client): Promise<LiveSession | undefined> {
    return this.advance(CATCH_UP, sessionId, generation, client);
  }

  /**
   * Finds the successor if it is the newest generation and may be returned again. After the grace period, counts the
   * repetition.
   */
  async repeat(sessionId: string, generation: number): Promise<LiveSession | undefined> {
    const values = this.lenience(sessionId, generation);
    const [found] = await this.db.query<(LiveSession & { is_late: boolean })[]>(
      `SELECT ${LIVE_SESSION}, s.last_used_at <= now() - make_interval(secs => $4) AS is_late
         FROM auth_sessions s JOIN auth_users u ON u.id = s.user_id
        WHERE s.id = $1 AND s.generation = $2 AND ${IS_LIVE} AND ${ACTIVE_USER} AND ${MAY_REPEAT}`,
      values,
    );
    if (!found?.is_late) return found;
    const [, noted] = await this.db.query<[unknown[], number]>(
      `UPDATE auth_sessions s
          SET late_repeats = CASE WHEN s.late_repeats > 0 THEN s.late_repeats ELSE 1 - s.late_repeats END
        WHERE s.id = $1 AND s.generation = $2 AND ${IS_LIVE} AND ${MAY_REPEAT} AND s.late_repeats > $5`,
      [...values, -MAX_LATE_REPEATS],
    );
    return noted > 0 ? found : undefined;
  }

  /**
   * Returns the condition, with its parameters, under which the refresh token `parent` of the session `s` was replayed.
   */
  replayed(sessionId: string, parent: number): { condition: string; parameters: unknown[] } {
    return {
      condition: `s.id = $1 AND (s.generation > $2 OR s.generation = $2 AND NOT (${MAY_REPEAT} AND s.late_repeats > $5))`,
      parameters: [...this.lenience(sessionId, parent + 1), -MAX_LATE_REPEATS],
    };
  }

  private async advance(
    statement: NamedStatement,
    sessionId: string,
    generation: number,
    { ip, userAgent }: Client,
  ): Promise<LiveSession | undefined> {
    const values = [sessionId, generation, ip, userAgent, this.settings.sessionIdleTtl];
    const { rows } = await this.named.query<LiveSession>(statement, values);
    return rows[0];
  }

  /** Parameters $1 to $4 of the statements above. */
  private lenience(sessionId: string, generation: number): unknown[] {
    const isSeen = this.confirmations.hasSeen(sessionId, generation);
    return [sessionId, generation, isSeen, this.settings.refreshReuseGrace];
  }
}
