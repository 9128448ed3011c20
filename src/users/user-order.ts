import type { SelectQueryBuilder } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { decodeCursor, encodeCursor, type Position } from '../paging/cursor.js';
import type { User } from './user.entity.js';

/** How lists of users are sorted; with a minus, from last to first. */
export const userSorts = ['created_at', '-created_at', 'username', '-username'] as const;
export type UserSort = (typeof userSorts)[number];

/** The order of a list, in SQL. Of users with the same key, the id decides. */
export interface UserOrder {
  key: string;
  keyType: 'text' | 'timestamptz';
  /** The key as a cursor has it. */
  keyText: string;
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
    const key = 'lower(user.username)';
    return { key, keyType: 'text', keyText: key, ...sense };
  }
  // As text with all its digits: a Date has ms, and would pass over users of the same one.
  const keyText = `to_json(user.created_at) #>> '{}'`;
  return { key: 'user.created_at', keyType: 'timestamptz', keyText, ...sense };
}

/** Sorts users, and leaves out those before a position. */
export function inOrder(
  query: SelectQueryBuilder<User>,
  { key, keyType, direction, after }: UserOrder,
  last: UserPosition | undefined,
): SelectQueryBuilder<User> {
  const sorted = query.clone().orderBy(key, direction).addOrderBy('user.id', direction);
  if (last)
    sorted.andWhere(`(${key}, user.id) ${after} (CAST(:lastKey AS ${keyType}), :lastId)`, {
      lastKey: last.key,
      lastId: last.id,
    });
  return sorted;
}

/** @throws {InvalidInputError} if the cursor is not one of a list in this order. */
export function readCursor(cursor: string, { keyType }: UserOrder): UserPosition {
  const [key, id] = decodeCursor(cursor, keyType === 'text' ? isNamePosition : isTimePosition);
  return { key, id };
}

export function writeCursor({ key, id }: UserPosition): string {
  return encodeCursor([key, id]);
}

function isNamePosition(position: Position): position is readonly [string, string] {
  return position.length === 2 && typeof position[0] === 'string' && isUuid(position[1]);
}

function isTimePosition(position: Position): position is readonly [string, string] {
  const [time] = position;
  return (
    isNamePosition(position) &&
    /^\d{4}-\d\d-\d\dT[\d:.]{8,15}[+-]\d\d:\d\d$/.test(String(time)) &&
    !Number.isNaN(Date.parse(String(time)))
  );
}
