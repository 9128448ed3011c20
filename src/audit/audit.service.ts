import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { v7 as uuid, validate as isUuid } from 'uuid';
import { countRows } from '../paging/count-rows.js';
import { decodeCursor, encodeCursor, type Position } from '../paging/cursor.js';
import type { Page, PageQuery } from '../paging/page.js';
import { currentRequestId } from '../http/request/request-context.js';
import { AuditChains, type UnchainedEvent } from './chains/audit-chains.js';
import { AuditEvent } from './audit-event.entity.js';
import type { AuditType } from './audit-types.js';
import { type NewAuditEvent, serializeData, storable } from './new-audit-event.js';

/** Which events are asked for; what is left out does not matter. */
export interface AuditFilter {
  /** Whose account they are about. */
  userId?: string;
  /** Who did it. */
  actorId?: string;
  type?: AuditType;
  /** From this moment on. */
  from?: Date;
  /** Before this moment. */
  to?: Date;
}

/** What of an event is shown. */
export type ShownEvent = Pick<
  AuditEvent,
  'id' | 'type' | 'userId' | 'actorId' | 'ip' | 'userAgent' | 'data' | 'createdAt'
>;

/** What happened, append-only. */
@Injectable()
export class AuditService {
  constructor(
    @InjectRepository(AuditEvent) private readonly events: Repository<AuditEvent>,
    private readonly chains: AuditChains,
  ) {}

  /**
   * Writes an event, by one statement, in the transaction of what it tells: both are there, or neither. Record last
   * in a transaction, so that the chain is held for a short time.
   *
   * @throws {TypeError} if its data would hold a secret.
   */
  async record(event: NewAuditEvent, tx: EntityManager): Promise<void> {
    await this.chains.append(asStored(event), tx);
  }

  /** Writes many events in their order, by one statement; otherwise as {@link record}. */
  async recordAll(events: readonly NewAuditEvent[], tx: EntityManager): Promise<void> {
    await this.chains.appendAll(events.map(asStored), tx);
  }

  /** Writes an event that no other change goes with, such as a refusal, in a transaction of its own. */
  async recordAlone(event: NewAuditEvent): Promise<void> {
    await this.events.manager.transaction((tx) => this.record(event, tx));
  }

  /**
   * Finds events, newest first.
   *
   * @throws {InvalidInputError} if the cursor is not one of this list.
   */
  async list({
    userId,
    actorId,
    type,
    from,
    to,
    limit,
    cursor,
  }: AuditFilter & PageQuery): Promise<Page<AuditEvent>> {
    const query = this.events.createQueryBuilder('event').where('true');
    if (userId) query.andWhere('event.userId = :userId', { userId });
    if (actorId) query.andWhere('event.actorId = :actorId', { actorId });
    if (type) query.andWhere('event.type = :type', { type });
    if (from) query.andWhere('event.id >= :from', { from: firstIdAt(from) });
    if (to) query.andWhere('event.id < :to', { to: firstIdAt(to) });

    const before = cursor === undefined ? undefined : decodeCursor(cursor, isEventPosition);
    // Counted for the first page only: it costs more than a page, and those after it carry the figure along.
    const { total, totalIsEstimate } = before
      ? { total: before[1], totalIsEstimate: before[2] === 1 }
      : await countRows(query);
    if (before) query.andWhere('event.id < :last', { last: before[0] });
    const found = await query
      .orderBy('event.id', 'DESC')
      .limit(limit + 1)
      .getMany();
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    const nextCursor = last ? encodeCursor([last.id, total, totalIsEstimate ? 1 : 0]) : null;
    return { items, nextCursor, total, totalIsEstimate };
  }

  /**
   * Reads all events about an account up to now, newest first, a page at a time; nothing is held between two pages.
   *
   * @param size - Events of a page.
   */
  async *pagesAbout(userId: string, size: number): AsyncGenerator<ShownEvent[]> {
    let page: ShownEvent[];
    let last: string | null = null;
    do {
      // Without entities, and what only the chains need: there may be a million, and nearly all of it would be garbage.
      page = await this.events.query<ShownEvent[]>(
        `SELECT id, type, user_id AS "userId", actor_id AS "actorId", ip, user_agent AS "userAgent", data,
                created_at AS "createdAt"
           FROM auth_audit_events WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [userId, last, size],
      );
      yield page;
      last = page.at(-1)?.id ?? null;
    } while (page.length === size);
  }
}

function asStored({ type, userId, actorId, client, data }: NewAuditEvent): UnchainedEvent {
  const id = uuid();
  const requestId = client?.requestId ?? currentRequestId();
  return {
    id,
    type,
    userId,
    actorId,
    ip: client?.ip ?? null,
    userAgent: client?.userAgent ? storable(client.userAgent, 400) : null,
    requestId: requestId ? storable(requestId, 64) : null,
    data: serializeData(data),
    createdAt: timeOf(id),
  };
}

/** The last event of the page before, how many there are on all pages, and whether that is an estimate (1) or not (0). */
type EventPosition = readonly [string, number, 0 | 1];

function isEventPosition(position: Position): position is EventPosition {
  const [id, total, isEstimate] = position;
  return (
    position.length === 3 &&
    isUuid(id) &&
    Number.isSafeInteger(total) &&
    Number(total) >= 0 &&
    (isEstimate === 0 || isEstimate === 1)
  );
}

/** The time that a UUIDv7 begins with: 48 bits of ms since 1970 (RFC 9562, 5.7). */
function timeOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** The smallest id that a UUIDv7 of that moment could have. */
function firstIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
