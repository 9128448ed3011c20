import type { SelectQueryBuilder } from 'typeorm';
import { readRows } from '../../database/query-rows.js';
import type { User } from '../user.entity.js';
import { inOrder, type UserOrder, type UserPosition } from './user-order.js';

/** Requested part of a list. */
export interface ListPart {
  order: UserOrder;
  limit: number;
  /** Position after the previous page. */
  last?: UserPosition;
}

/** Sizes of the ranges in which a list is searched. */
export interface Ranges {
  /** Number of accounts in the first range, matching or not. */
  first: number;
  /** Maximum of matches in a range. One with more is divided. */
  most: number;
  /** Maximum of accounts in a range. The next one is the whole rest of the list, because finding its end would take longer. */
  rest: number;
  /** Maximum of matches in the rest. */
  mostInRest: number;
}

/** Ratio of the sizes of a range without matches and the next one, and of one with too many and its part that is tried. */
const FACTOR = 8;

/**
 * Sorts the results of a query and cuts a page.
 *
 * @param most - Maximum of `total`. If it is reached, an arbitrary subset is sorted.
 */
export async function sortMatches(
  matching: SelectQueryBuilder<User>,
  { order: { key, keyText, readKey, direction, after }, limit, last }: ListPart,
  most?: number,
): Promise<{ page: UserPosition[]; total: number }> {
  const [sql, parameters] = matching
    .clone()
    .select('user.id', 'id')
    .addSelect(key, 'key')
    .addSelect(keyText, 'key_text')
    .limit(most)
    .getQueryAndParameters();
  const [lastText, lastId] = [1, 2].map((n) => `$${parameters.length + n}`);
  const lastKey = readKey(lastText);
  const rows = await readRows<{ id: string | null; key: string; total: number }>(
    matching.dataSource,
    `WITH matches AS MATERIALIZED (${sql}),
          page AS (
            SELECT * FROM matches
             WHERE ${lastKey} IS NULL OR (key, id) ${after} (${lastKey}, ${lastId}::uuid)
             ORDER BY key ${direction}, id ${direction} LIMIT ${limit})
     SELECT page.id, page.key_text AS key, counted.total
       FROM (SELECT count(*)::int AS total FROM matches) AS counted LEFT JOIN page ON true`,
    [...(parameters as unknown[]), last?.key ?? null, last?.id ?? null],
  );
  const page = rows.flatMap(({ id, key }) => (id === null ? [] : [{ id, key }]));
  return { page, total: rows[0].total };
}

/**
 * Finds a page of results that are too many to be sorted: range by range, in the order of the list. The database reads only
 * accounts that match and are in the range, because it combines the indexes of both.
 *
 * If a page of some of the matches is known, the range up to its end contains a page, too. It is tried first, as it has few matches
 * unless the order of the list is the order of the table.
 *
 * @param everyone - All accounts of the list, matching or not.
 * @param some - Page of an arbitrary subset of the matches.
 */
export async function matchesByRange(
  matching: SelectQueryBuilder<User>,
  everyone: SelectQueryBuilder<User>,
  { order, limit, last }: ListPart,
  { first, most, rest, mostInRest }: Ranges,
  some: readonly UserPosition[],
): Promise<string[]> {
  const ids: string[] = [];
  let [from, size] = [last, first];
  let nearer = some.at(-1);
  while (ids.length < limit) {
    const isRest = !nearer && size > rest;
    const to = nearer ?? (isRest ? undefined : await positionAfter(size, everyone, order, from));
    const range = within(matching, order, from, to);
    const upTo = isRest ? mostInRest : most;
    const found = await sortMatches(range, { order, limit: limit - ids.length }, upTo + 1);
    if (found.total > upTo) {
      if (nearer) size = Math.ceil(size / FACTOR);
      nearer = nearer ? undefined : found.page.at(-1);
      continue;
    }
    ids.push(...found.page.map(({ id }) => id));
    if (!to) break;
    if (!nearer) size *= Math.min(FACTOR, Math.ceil((limit - ids.length) / found.page.length));
    [from, nearer] = [to, undefined];
  }
  return ids;
}

/** Returns the position of the account `count` places after another one, `undefined` if there are fewer. */
async function positionAfter(
  count: number,
  everyone: SelectQueryBuilder<User>,
  order: UserOrder,
  from: UserPosition | undefined,
): Promise<UserPosition | undefined> {
  const [sql, parameters] = inOrder(everyone, order, from)
    .select(order.keyText, 'key')
    .addSelect('user.id', 'id')
    .offset(count)
    .limit(1)
    .getQueryAndParameters();
  const [position] = await readRows<UserPosition>(everyone.dataSource, sql, parameters as unknown[]);
  return position;
}

/** Restricts a query to the accounts after one position, up to another. */
function within(
  query: SelectQueryBuilder<User>,
  { key, readKey, direction }: UserOrder,
  from: UserPosition | undefined,
  to: UserPosition | undefined,
): SelectQueryBuilder<User> {
  const [after, upTo] = direction === 'ASC' ? ['>', '<='] : ['<', '>='];
  const range = query.clone();
  if (from)
    range.andWhere(`(${key}, user.id) ${after} (${readKey(':fromKey')}, :fromId)`, {
      fromKey: from.key,
      fromId: from.id,
    });
  if (to)
    range.andWhere(`(${key}, user.id) ${upTo} (${readKey(':toKey')}, :toId)`, {
      toKey: to.key,
      toId: to.id,
    });
  return range;
}
