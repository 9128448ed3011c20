import type { SelectQueryBuilder } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { decodeCursor, encodeCursor, type Position } from './cursor.js';
import type { Page, PageQuery } from './page.js';

const isId = (position: Position): position is readonly [string] =>
  position.length === 1 && isUuid(position[0]);

/**
 * Decodes the cursor of a list in the order of ids.
 *
 * @returns the id of the last item of the page before.
 * @throws {InvalidInputError} if the cursor does not belong to such a list.
 */
export function decodeIdCursor(cursor: string): string {
  const [id] = decodeCursor(cursor, isId);
  return id;
}

/**
 * Returns a page of items, newest first. Their ids are UUIDv7 (RFC 9562), so their order is that of their creation.
 *
 * @param query - All items, without an order.
 * @param count - Number of items. Default: they are counted, exactly.
 * @throws {InvalidInputError} if the cursor does not belong to such a list.
 */
export async function pageNewestFirst<T extends { id: string }>(
  query: SelectQueryBuilder<T>,
  { limit, cursor }: PageQuery,
  count?: Pick<Page<T>, 'total' | 'totalIsEstimate'>,
): Promise<Page<T>> {
  const { total, totalIsEstimate } = count ?? { total: await query.getCount(), totalIsEstimate: false };
  const id = `${query.alias}.id`;
  if (cursor) query.andWhere(`${id} < :before`, { before: decodeIdCursor(cursor) });
  const found = await query
    .orderBy(id, 'DESC')
    .limit(limit + 1)
    .getMany();
  const items = found.slice(0, limit);
  const nextCursor = found.length > limit ? encodeCursor([items[limit - 1].id]) : null;
  return { items, nextCursor, total, totalIsEstimate };
}
