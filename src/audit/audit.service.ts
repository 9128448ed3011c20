import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { readRows } from '../database/query-rows.js';
import { v7 as uuid, validate as isUuid } from 'uuid';
import { countRows } from '../paging/count-rows.js';
import { decodeCursor, encodeCursor, type Position } from '../paging/cursor.js';
import type { Page, PageQuery } from '../paging/page.js';
import { currentRequestId } from '../http/request/request-context.js';
import { AuditChains, type UnchainedEvent } from './chains/audit-chains.js';
import { AuditEvent } from './audit-event.entity.js';
import type { AuditType } from './audit-types.js';
import { type NewAuditEvent, serializeData, storable } from './new-audit-event.js';

/** Filter of audit events; omitted conditions match all. */
export interface AuditFilter {
  /** Account that the events are about. */
  userId?: string;
  /** User who caused the events. */
  actorId?: string;
  type?: AuditType;
  /** Inclusive start. */
  from?: Date;
  /** Exclusive end. */
  to?: Date;
}

/** Fields of an event that are shown. */
export type ShownEvent = Pick<
  AuditEvent,
  'id' | 'type' | 'userId' | 'actorId' | 'ip' | 'userAgent' | 'data' | 'createdAt'
>;

/** Writes and reads the append-only audit trail. */
@Injectable()
export class AuditService {
  constructor(
    @InjectRepository(AuditEvent) private readonly events: Repository<AuditEvent>,
    private readonly chains: AuditChains,
  ) {}

  /**
   * Records an event in the transaction of the change that it describes, so that both are committed or neither is.
   * Record last in a transaction, so that the chain is locked for a short time.
   *
   * @throws {TypeError} if its data seems to contain a secret, or is too large.
   */
  async record(event: NewAuditEvent, tx: EntityManager): Promise<void> {
    await this.chains.append(asStored(event), tx);
  }

  /** Records several events in order, with one statement. See {@link record}. */
  async recordAll(events: readonly NewAuditEvent[], tx: EntityManager): Promise<void> {
    await this.chains.appendAll(events.map(asStored), tx);
  }

  /** Records an event without another change, such as a refusal, in a transaction of its own. */
  async recordAlone(event: NewAuditEvent): Promise<void> {
    await this.events.manager.transaction((tx) => this.record(event, tx));
  }

  /**
   * Returns a page of events, newest first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
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
    // Counted for the first page only, because it costs more than a page; later cursors carry the number along.
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
   * Reads all events about an account, newest first, page by page. Holds no connection between pages.
   *
   * @param size - Events per page.
   */
  async *pagesAbout(userId: string, size: number): AsyncGenerator<ShownEvent[]> {
    let page: ShownEvent[];
    let last: string | null = null;
    do {
      // Plain rows without the columns of the chains: there may be a million events, and entities would be mostly
      // garbage.
      page = await readRows<ShownEvent>(
        this.events.manager.dataSource,
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

/** Completes an event with its id and time. The client's texts are cut to the length of their columns. */
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

/**
 * Position in a list: id of the previous page's last event, total of all pages, and whether it is an estimate (1) or
 * not (0).
 */
type EventPosition = readonly [string, number, 0 | 1];

/** Checks the content of a cursor, which a client can forge. */
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

/** Returns the time of a UUIDv7: its first 48 bits, in ms since 1970 (RFC 9562, 5.7). */
function timeOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** Returns the smallest possible UUIDv7 of a time. */
function firstIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
