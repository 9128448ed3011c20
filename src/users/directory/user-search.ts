import type { SelectQueryBuilder } from 'typeorm';
import { countRows, expectRows } from '../../paging/count-rows.js';
import type { Page } from '../../paging/page.js';
import { inOrder, type UserOrder, type UserPosition } from './user-order.js';
import type { User } from '../user.entity.js';

/**
 * What is searched: one text a user, so that one index serves all three. The line breaks keep a match from reaching
 * over two of them; none of them can have one. A trigger keeps it, in small letters whatever the collation.
 */
const SEARCHED = 'user.search_text';

/** UTF-16 units of what is searched for. */
export const MAX_SEARCH_LENGTH = 100;

/** Users that are looked at one by one, to begin with. */
const LOOKED_AT = 500;
/** If so many of them match, a page of matches should be among so many more. */
const PROMISING = 2;
const LOOKED_AT_MORE = 10_000;
/** Matches that are sorted for a page of them. */
const SORTED = 5_000;

/** Which part of a list is asked for. */
interface Part {
  order: UserOrder;
  /** Whether there is an index of just these users in this order, so that none is passed over. */
  isIndexed: boolean;
  limit: number;
  /** Where the page before ended. */
  last?: UserPosition;
}

/** What a search finds. */
export interface UserMatches extends Pick<Page<User>, 'total' | 'totalIsEstimate'> {
  /** Of a page of them. */
  ids: string[];
}

/**
 * Finds those of some users that have a text in their name or address.
 *
 * Which way is quick depends on how many there are, and nobody knows before: matches that many users have are soon met
 * in the order of the list, and those that few have are what the index is for. The planner would have to guess how many,
 * errs by the thousand, and then reads the whole table. So one way is tried after the other, each with an end to it.
 *
 * @param text - Taken literally, in any case.
 */
export async function searchUsers(
  users: SelectQueryBuilder<User>,
  text: string,
  part: Part,
): Promise<UserMatches> {
  text = text.normalize('NFC');
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const matching = users.clone().andWhere(`${SEARCHED} LIKE auth_fold(:pattern)`, { pattern });
  // In a subquery the planner does not see the text, and so plans all alike.
  const indexed = matching
    .clone()
    .andWhere(`auth_search_pieces(${SEARCHED}) @@ (SELECT auth_search_query(auth_fold(:text)))`, { text });
  const lookAt = (first: number) => matchesAmong(first, users, pattern, part);

  let ids = await lookAt(LOOKED_AT);
  const isPromising = part.isIndexed && ids.length >= PROMISING;
  if (isPromising && ids.length < part.limit) ids = await lookAt(LOOKED_AT_MORE);
  if (ids.length === part.limit) return { ids, ...(await countRows(matching, { counted: indexed })) };

  const found = await sortMatches(indexed, part, SORTED + 1);
  if (found.total <= SORTED) return { ...found, totalIsEstimate: false };

  const total = Math.max(found.total, await expectRows(matching));
  if (!isPromising) ids = await lookAt(LOOKED_AT_MORE);
  if (ids.length < part.limit) ({ ids } = await sortMatches(indexed, part));
  return { ids, total, totalIsEstimate: true };
}

/** Looks at the first so many users of a list, one by one. */
async function matchesAmong(
  first: number,
  users: SelectQueryBuilder<User>,
  pattern: string,
  { order, limit, last }: Part,
): Promise<string[]> {
  const [sql, parameters] = inOrder(users, order, last)
    .select('user.id', 'id')
    .addSelect(order.key, 'key')
    .addSelect(SEARCHED, 'searched')
    .limit(first)
    .getQueryAndParameters();
  const rows: { id: string }[] = await users.dataSource.query(
    `SELECT id FROM (${sql}) AS first WHERE searched LIKE auth_fold($${parameters.length + 1})
      ORDER BY key ${order.direction}, id ${order.direction} LIMIT ${limit}`,
    [...(parameters as unknown[]), pattern],
  );
  return idsOf(rows);
}

/** Sorts what a query finds. @param most - Of `total`; if there are as many, it may be any of them that are sorted. */
async function sortMatches(
  matching: SelectQueryBuilder<User>,
  { order: { key, readKey, direction, after }, limit, last }: Part,
  most?: number,
): Promise<{ ids: string[]; total: number }> {
  const [sql, parameters] = matching
    .clone()
    .select('user.id', 'id')
    .addSelect(key, 'key')
    .limit(most)
    .getQueryAndParameters();
  const [lastText, lastId] = [1, 2].map((n) => `$${parameters.length + n}`);
  const lastKey = readKey(lastText);
  const rows: { id: string | null; total: number }[] = await matching.dataSource.query(
    `WITH matches AS MATERIALIZED (${sql}),
          page AS (
            SELECT * FROM matches
             WHERE ${lastKey} IS NULL OR (key, id) ${after} (${lastKey}, ${lastId}::uuid)
             ORDER BY key ${direction}, id ${direction} LIMIT ${limit})
     SELECT page.id, counted.total
       FROM (SELECT count(*)::int AS total FROM matches) AS counted LEFT JOIN page ON true`,
    [...(parameters as unknown[]), last?.key ?? null, last?.id ?? null],
  );
  return { ids: idsOf(rows.filter(({ id }) => id !== null)), total: rows[0].total };
}

function idsOf(rows: { id: string | null }[]): string[] {
  return rows.map(({ id }) => id as string);
}
