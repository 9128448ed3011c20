import type { SelectQueryBuilder } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { decodeCursor, encodeCursor, type Position } from '../../paging/cursor.js';
import type { User } from '../user.entity.js';

/** Sort orders of accounts; a minus means descending. */
export const userSorts = ['created_at', '-created_at', 'username', '-username'] as const;
export type UserSort = (typeof userSorts)[number];

/** Order of a list in SQL. The id breaks ties. */
export interface UserOrder {
  key: string;
  /** SQL for the key as text, as stored in a cursor. */
  keyText: string;
  /** Checks whether text from a cursor is a valid key. */
  isKeyText: (text: string) => boolean;
  /** Returns SQL that converts a parameter with such text to the key. */
  readKey: (parameter: string) => string;
  direction: 'ASC' | 'DESC';
  /** Operator between a key and the one before it. */
  after: '>' | '<';
}

/** Position of an account in a list. */
export interface UserPosition {
  /** Key in the form of `keyText`. */
  key: string;
  id: string;
}

/** Returns the order for a sort parameter. */
export function orderOf(sort: UserSort): UserOrder {
  const sense = sort.startsWith('-')
    ? ({ direction: 'DESC', after: '<' } as const)
    : ({ direction: 'ASC', after: '>' } as const);
  if (sort.endsWith('username')) {
    const key = 'user.username_key';
    return { key, keyText: key, isKeyText: () => true, readKey: (name) => `CAST(${name} AS text)`, ...sense };
  }
  // Microseconds: a `Date` has only ms and would skip accounts within the same one. `::` could be read as a parameter.
  const keyText = 'CAST(CAST(extract(epoch FROM user.created_at) * 1000000 AS bigint) AS text)';
  const readKey = (name: string) => `(to_timestamp(0) + CAST(${name} AS bigint) * interval '1 microsecond')`;
  return { key: 'user.created_at', keyText, isKeyText: isMicroseconds, readKey, ...sense };
}

/** Sorts accounts, and skips those up to a position. */
export function inOrder(
  query: SelectQueryBuilder<User>,
  { key, readKey, direction, after }: UserOrder,
  last: UserPosition | undefined,
): SelectQueryBuilder<User> {
  const sorted = query.clone().orderBy(key, direction).addOrderBy('user.id', direction);
  if (last)
    sorted.andWhere(`(${key}, user.id) ${after} (${readKey(':lastKey')}, :lastId)`, {
      lastKey: last.key,
      lastId: last.id,
    });
  return sorted;
}

/**
 * Parses a cursor.
 *
 * @throws {InvalidInputError} if it does not belong to a list in this order.
 */
export function readCursor(cursor: string, { isKeyText }: UserOrder): UserPosition {
  const isPosition = (position: Position): position is readonly [string, string] =>
    position.length === 2 && typeof position[0] === 'string' && isKeyText(position[0]) && isUuid(position[1]);
  const [key, id] = decodeCursor(cursor, isPosition);
  return { key, id };
}

/** Returns the cursor that continues after a position. */
export function writeCursor({ key, id }: UserPosition): string {
  return encodeCursor([key, id]);
}

/**
 * Checks for microseconds since 1970 in decimal digits. All such numbers are valid times in Postgres, from 1200 BC to
 * 5138.
 */
function isMicroseconds(text: string): boolean {
  return text.length <= 18 && /^-?\d{1,17}$/.test(text);
}
