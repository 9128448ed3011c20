import type { SelectQueryBuilder } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { decodeCursor, encodeCursor, type Position } from '../../paging/cursor.js';
import type { User } from '../user.entity.js';

/** How lists of users are sorted; with a minus, from last to first. */
export const userSorts = ['created_at', '-created_at', 'username', '-username'] as const;
export type UserSort = (typeof userSorts)[number];

/** The order of a list, in SQL. Of users with the same key, the id decides. */
export interface UserOrder {
  key: string;
  /** The key as a cursor has it. */
  keyText: string;
  /** Whether a text of a cursor is one. */
  isKeyText: (text: string) => boolean;
  /** The key that a parameter with such a text stands for. */
  readKey: (parameter: string) => string;
  direction: 'ASC' | 'DESC';
  /** What stands between what comes after and what comes before. */
  after: '>' | '<';
}

/** Where a user stands in a list. */
export interface UserPosition {
  /** As `keyText` has it. */
  key: string;
  id: string;
}

export function orderOf(sort: UserSort): UserOrder {
  const sense = sort.startsWith('-')
    ? ({ direction: 'DESC', after: '<' } as const)
    : ({ direction: 'ASC', after: '>' } as const);
  if (sort.endsWith('username')) {
    const key = 'user.username_key';
    return { key, keyText: key, isKeyText: () => true, readKey: (name) => `CAST(${name} AS text)`, ...sense };
  }
  // A Date has ms, and would pass over users of the same one.
  const keyText = '(extract(epoch FROM user.created_at) * 1000000)::bigint::text';
  const readKey = (name: string) => `(to_timestamp(0) + CAST(${name} AS bigint) * interval '1 microsecond')`;
  return { key: 'user.created_at', keyText, isKeyText: isMicroseconds, readKey, ...sense };
}

/** Sorts users, and leaves out those before a position. */
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

/** @throws {InvalidInputError} if the cursor is not one of a list in this order. */
export function readCursor(cursor: string, { isKeyText }: UserOrder): UserPosition {
  const isPosition = (position: Position): position is readonly [string, string] =>
    position.length === 2 && typeof position[0] === 'string' && isKeyText(position[0]) && isUuid(position[1]);
  const [key, id] = decodeCursor(cursor, isPosition);
  return { key, id };
}

export function writeCursor({ key, id }: UserPosition): string {
  return encodeCursor([key, id]);
}

/** Since 1970, in decimal digits: each such number is a moment to Postgres, in the years from 1200 BC to 5138. */
function isMicroseconds(text: string): boolean {
  return text.length <= 18 && /^-?\d{1,17}$/.test(text);
}
