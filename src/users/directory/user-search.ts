import type { SelectQueryBuilder } from 'typeorm';
import { readRows } from '../../database/query-rows.js';
import { countRows, expectRows } from '../../paging/count-rows.js';
import type { Page } from '../../paging/page.js';
import { type ListPart, matchesByRange, type Ranges, sortMatches } from './sorted-matches.js';
import { inOrder } from './user-order.js';
import type { User } from '../user.entity.js';

/**
 * Searched text: both names and the full name in one column, so that one index serves all three. Line breaks, which
 * none of them can contain, keep a match from spanning two. A trigger maintains it in lowercase, independent of the
 * collation.
 */
const SEARCHED = 'user.search_text';

/** Maximum length of the search text in UTF-16 units. */
export const MAX_SEARCH_LENGTH = 100;

/** Number of accounts that are checked one by one. */
interface Limits {
  /** At first. */
  lookedAt: number;
  /** If {@link PROMISING} matches were found among the first. */
  lookedAtMore: number;
}

/** Number of matches among the first accounts from which it is worth checking more of them for a whole page. */
const PROMISING = 2;
/** The next account is anywhere in the table, and reading its page is what takes the time. */
const SCATTERED: Limits = { lookedAt: 500, lookedAtMore: 10_000 };
/** The next account is beside the last, thirty to a page of the table, but the next match is anywhere. */
const ADJACENT: Limits = { lookedAt: 2_000, lookedAtMore: 15_000 };
/** Maximum of matches that are sorted. */
const SORTED = 10_000;
/** Ranges that are searched if there are more matches. */
const RANGES: Ranges = { first: 10_000, most: SORTED, rest: 1_000_000, mostInRest: 5 * SORTED };

/** Requested part of a list, and how the database can read it. */
interface Part extends ListPart {
  /** Whether an index contains exactly these accounts in this order, so that none is read in vain. */
  isIndexed: boolean;
  /** Whether they are in the table in this order, too. */
  isAdjacent: boolean;
  /** All accounts of the list, without a filter. */
  everyone: SelectQueryBuilder<User>;
}

/** Result of a search. */
export interface UserMatches extends Pick<Page<User>, 'total' | 'totalIsEstimate'> {
  /** Ids of one page. */
  ids: string[];
}

/**
 * Finds accounts whose names or email address contain a text.
 *
 * The fast way depends on the number of matches, which is unknown in advance: frequent matches are soon found in the
 * order of the list, and rare ones by the index. The planner's estimate can be wrong by a factor of thousands, and
 * would then read the whole table. So each way is tried in turn with a limit.
 *
 * @param text - Searched literally, ignoring case.
 */
export async function searchUsers(
  users: SelectQueryBuilder<User>,
  text: string,
  part: Part,
): Promise<UserMatches> {
  text = text.normalize('NFC');
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const matching = users.clone().andWhere(`${SEARCHED} LIKE auth_fold(:pattern)`, { pattern });
  // The planner cannot see text in a subquery, so it uses the same plan for any text.
  const indexed = matching
    .clone()
    .andWhere(`auth_search_pieces(${SEARCHED}) @@ (SELECT auth_search_query(auth_fold(:text)))`, { text });
  const lookAt = (first: number) => matchesAmong(first, users, pattern, part);
  const { lookedAt, lookedAtMore } = part.isAdjacent ? ADJACENT : SCATTERED;

  let ids = await lookAt(lookedAt);
  const isPromising = part.isIndexed && ids.length >= PROMISING;
  if (isPromising && ids.length < part.limit) ids = await lookAt(lookedAtMore);
  if (ids.length === part.limit) return { ids, ...(await countRows(matching, { counted: indexed })) };

  const found = await sortMatches(indexed, part, SORTED + 1);
  if (found.total <= SORTED)
    return { ids: found.page.map(({ id }) => id), total: found.total, totalIsEstimate: false };

  const total = Math.max(found.total, await expectRows(matching));
  ids = await matchesByRange(indexed, part.everyone, part, RANGES, found.page);
  return { ids, total, totalIsEstimate: true };
}

/** Checks the first accounts of a list one by one. */
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
  const rows = await readRows<{ id: string }>(
    users.dataSource,
    `SELECT id FROM (${sql}) AS first WHERE searched LIKE auth_fold($${parameters.length + 1})
      ORDER BY key ${order.direction}, id ${order.direction} LIMIT ${limit}`,
    [...(parameters as unknown[]), pattern],
  );
  return rows.map(({ id }) => id);
}
