import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditData, NewAuditEvent } from '../../audit/new-audit-event.js';
import { factorsOf, secondFactorMethods, type SignInMethod } from '../../access/sign-in-methods.js';
import type { Client } from '../../access/client.decorator.js';
import { AccessChanges } from '../../database/notices/access-changes.js';
import { NamedStatements } from '../../database/named-statements.js';
import { queryRows } from '../../database/query-rows.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AccountEvents } from '../../users/events/account-events.js';
import type { User } from '../../users/user.entity.js';
import { IS_LIVE, LIVE_SESSION, type LiveSession } from '../tokens/token-pairs.js';
import { BEGIN_SESSION, type BegunSession } from './begin-session.js';
import { deviceName } from './device-name.js';
import { ENDED_SESSIONS_KEPT, secondsToldOf } from './ended-sessions.js';
import { SessionEnd } from './session.entity.js';
import { AllSessionsEnding, SessionEnded, SignedIn } from './session-events.js';

/** Input for a new session. */
export interface SessionStart {
  client: Client;
  /** Proofs of the sign-in, such as `pwd` (RFC 8176). */
  methods: readonly SignInMethod[];
  /** UUIDv7 of a foreign token that becomes the parent of the first refresh token. Default: a new id. */
  sessionId?: string;
}

/** Session that was ended. */
export interface EndedSession {
  id: string;
  userId: string;
}

/**
 * Starts and ends sessions. Only this folder writes `auth_sessions`. `SignInService` decides who may sign in and is the
 * only caller of {@link SessionsService.start}.
 */
@Injectable()
export class SessionsService {
  constructor(
    private readonly named: NamedStatements,
    private readonly changes: AccessChanges,
    private readonly events: AccountEvents,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /** Starts a session. If the user has too many, ends the oldest. */
  async start(
    { id: userId }: Pick<User, 'id'>,
    { client, methods, sessionId }: SessionStart,
    tx: EntityManager,
  ): Promise<LiveSession> {
    const { sessionIdleTtl, sessionMaxTtl, sessionsPerUser } = this.settings;
    const { ip, userAgent } = client;
    const id = sessionId ?? uuid();
    const device = deviceName(userAgent);
    const { rows } = await this.named.query<BegunSession>(
      BEGIN_SESSION,
      [
        ...[id, userId, ip, userAgent, device, sessionIdleTtl, sessionMaxTtl],
        ...[sessionId !== undefined, ENDED_SESSIONS_KEPT, secondsToldOf(this.settings), methods],
        ...[factorsOf(methods) === 2, sessionsPerUser - 1],
      ],
      tx,
    );
    const [begun] = rows;
    const displaced = begun.displaced.map((session) => ({ id: session, userId }));
    await this.announceEnded(displaced, SessionEnd.Displaced, tx);
    await this.events.emit(new SignedIn(userId, id, client, isNewDevice(device, begun)), tx);
    const reason = SessionEnd.Displaced;
    await this.audit.recordAll(
      displaced.map(({ id: session }) => sessionEndedEvent(userId, client, { reason, session })),
      tx,
    );
    return begun;
  }

  /**
   * Ends the sessions of a user inside the transaction that requires it. Their access tokens are rejected from then on.
   * The caller records the reason.
   *
   * @param options.except - Session that continues. Default: none.
   * @returns the number of ended sessions.
   */
  async endAll(
    userId: string,
    reason: SessionEnd,
    tx: EntityManager,
    { except }: { except?: string } = {},
  ): Promise<number> {
    // Emitted first, so that a session that one of the hooks starts concurrently is among those ended below.
    await this.events.emit(new AllSessionsEnding(userId), tx);
    const condition = 's.user_id = $1 AND s.id IS DISTINCT FROM $2';
    return (await this.endMatching(condition, [userId, except ?? null], reason, tx)).length;
  }

  /**
   * Ends the live sessions `s` that match a condition, and notifies all instances. The caller records the reason.
   *
   * @param condition - SQL condition with parameters from $1.
   * @returns the sessions that were ended.
   */
  async endMatching(
    condition: string,
    parameters: unknown[],
    reason: SessionEnd,
    tx: EntityManager,
  ): Promise<EndedSession[]> {
    const ended = await queryRows<EndedSession>(
      tx,
      `UPDATE auth_sessions s SET ended_at = clock_timestamp(), end_reason = $${parameters.length + 1}
        WHERE s.ended_at IS NULL AND (${condition}) RETURNING s.id, s.user_id AS "userId"`,
      [...parameters, reason],
    );
    await this.announceEnded(ended, reason, tx);
    return ended;
  }

  /**
   * Renews a live session whose user has verified a proof again, for access tokens already issued as well.
   *
   * @returns the session, for a new access token; `undefined` if it has ended.
   */
  async renew(sessionId: string, method: SignInMethod, tx: EntityManager): Promise<LiveSession | undefined> {
    const [renewed] = await queryRows<LiveSession>(
      tx,
      `UPDATE auth_sessions s
          SET authenticated_at = now(), second_factor_at = CASE WHEN $3 THEN now() ELSE s.second_factor_at END,
              methods = CASE WHEN $2 = ANY (s.methods) THEN s.methods ELSE s.methods || $2::text END
         FROM auth_users u
        WHERE s.id = $1 AND ${IS_LIVE} AND u.id = s.user_id
       RETURNING ${LIVE_SESSION}, s.confirmed_at IS NULL AS unconfirmed`,
      [sessionId, method, secondFactorMethods.includes(method)],
    );
    if (!renewed) return undefined;
    await this.changes.announce({ session: sessionId }, tx);
    // A new access token must not confirm a generation whose refresh token the client may not have received.
    const { generation, unconfirmed } = renewed as LiveSession & { unconfirmed: boolean };
    return { ...renewed, generation: unconfirmed ? Math.max(0, generation - 1) : generation };
  }

  /** Returns whether a session has neither ended nor expired. Unlike the cache, it knows it at once. */
  async isLive(sessionId: string, tx: EntityManager): Promise<boolean> {
    const live = `SELECT FROM auth_sessions s WHERE id = $1 AND ${IS_LIVE}`;
    return (await queryRows(tx, live, [sessionId])).length > 0;
  }

  /** Notifies all instances of ended sessions, and emits their events. */
  private async announceEnded(ended: EndedSession[], reason: SessionEnd, tx: EntityManager): Promise<void> {
    for (const { id, userId } of ended) {
      await this.changes.announce({ session: id }, tx);
      await this.events.emit(new SessionEnded(userId, id, reason), tx);
    }
  }
}

/** Returns whether the user has signed in before, but only from other devices. */
function isNewDevice(device: string, { is_first, is_known, unnamed }: BegunSession): boolean {
  return !is_first && !is_known && !unnamed.some((agent) => deviceName(agent) === device);
}

/** Returns the audit event for sessions ended by their user or by the holder of a token. */
export function sessionEndedEvent(userId: string, client: Client, data: AuditData): NewAuditEvent {
  return { type: 'session_expired', userId, actorId: userId, client, data };
}
