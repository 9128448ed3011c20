import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditData, NewAuditEvent } from '../../audit/new-audit-event.js';
import type { Client } from '../../access/client.decorator.js';
import { AccessChanges } from '../../database/notices/access-changes.js';
import { NamedStatements } from '../../database/named-statements.js';
import { queryRows } from '../../database/query-rows.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { AccountEvents } from '../../users/events/account-events.js';
import type { User } from '../../users/user.entity.js';
import type { LiveSession } from '../tokens/token-pairs.js';
import { BEGIN_SESSION, FIND_DEVICE, type FoundDevice } from './begin-session.js';
import { deviceName } from './device-name.js';
import { ENDED_SESSIONS_KEPT, secondsToldOf } from './ended-sessions.js';
import { SessionEnd } from './session.entity.js';
import { AllSessionsEnding, SessionEnded, SignedIn } from './session-events.js';

/** What a session begins with. */
export interface SessionStart {
  client: Client;
  /** How its user has proven who they are. */
  methods: readonly string[];
  /** A UUIDv7, of a token that is then the parent of the first refresh token. Default a new one. */
  sessionId?: string;
}

/** A session that has ended. */
export interface EndedSession {
  id: string;
  userId: string;
}

/**
 * The record of sessions: how they begin and end. This room alone writes `auth_sessions`; who may sign in is for
 * `SignInService`, which alone begins one.
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

  /** Begins a session. The oldest one of its user ends if there are too many. */
  async start(
    { id: userId }: Pick<User, 'id'>,
    { client, methods, sessionId }: SessionStart,
    tx: EntityManager,
  ): Promise<LiveSession> {
    const { sessionIdleTtl, sessionMaxTtl, sessionsPerUser } = this.settings;
    const { ip, userAgent } = client;
    const id = sessionId ?? uuid();
    const isNewDevice = await this.isNewDevice(userId, userAgent, tx);
    const begun = await this.named.query<LiveSession>(
      BEGIN_SESSION,
      [
        ...[id, userId, ip, userAgent, deviceName(userAgent), sessionIdleTtl, sessionMaxTtl],
        ...[sessionId !== undefined, ENDED_SESSIONS_KEPT, secondsToldOf(this.settings), methods],
      ],
      tx,
    );
    const displaced = await this.endMatching(
      `s.id IN (SELECT id FROM auth_sessions
                 WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()
                 ORDER BY created_at DESC, id DESC OFFSET $2)`,
      [userId, sessionsPerUser],
      SessionEnd.Displaced,
      tx,
    );
    await this.events.emit(new SignedIn(userId, id, client, isNewDevice), tx);
    const reason = SessionEnd.Displaced;
    await this.audit.recordAll(
      displaced.map(({ id: session }) => sessionEndedEvent(userId, client, { reason, session })),
      tx,
    );
    return begun.rows[0];
  }

  /**
   * Ends the sessions of a user, and with them the access tokens already issued, as part of what it is for. Whoever
   * calls it records why.
   *
   * @param options.except - One that goes on. Default: none does.
   * @returns how many ended.
   */
  async endAll(
    userId: string,
    reason: SessionEnd,
    tx: EntityManager,
    { except }: { except?: string } = {},
  ): Promise<number> {
    // First, so that a session that is begun at this moment with something else that ends is among those below.
    await this.events.emit(new AllSessionsEnding(userId), tx);
    const condition = 's.user_id = $1 AND s.id IS DISTINCT FROM $2';
    return (await this.endMatching(condition, [userId, except ?? null], reason, tx)).length;
  }

  /**
   * Ends what still lives of the sessions `s` that a condition names, and tells all instances to forget them. Whoever calls
   * it records why.
   *
   * @returns those that ended.
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
    for (const { id, userId } of ended) {
      await this.changes.announce({ session: id }, tx);
      await this.events.emit(new SessionEnded(userId, id, reason), tx);
    }
    return ended;
  }

  /** Tells whether a user who has signed in before did so from other devices only. */
  private async isNewDevice(userId: string, userAgent: string | null, tx: EntityManager): Promise<boolean> {
    const device = deviceName(userAgent);
    const { rows } = await this.named.query<FoundDevice>(FIND_DEVICE, [userId, device], tx);
    const [before] = rows;
    return (
      !before.is_first && !before.is_known && !before.unnamed.some((agent) => deviceName(agent) === device)
    );
  }
}

/** What is recorded where a user, or whoever holds a token of that user, ended sessions. */
export function sessionEndedEvent(userId: string, client: Client, data: AuditData): NewAuditEvent {
  return { type: 'session_expired', userId, actorId: userId, client, data };
}
