/** Position in the feed: a time, or an entry among those with the same time. */
export interface FeedPosition {
  /** Microseconds since 1970, by the clock of the database. */
  time: number;
  /** Id of the last entry that was read. The next entry has a greater id or a later time. */
  id: string;
}

/**
 * Format of cursors: a whole second for a verifier that has read everything; microseconds and an id between two pages.
 */
export const FEED_CURSOR = /^(\d{1,12}|\d{1,16}-[0-9a-f]{32})$/;

/** Smallest id, before all entries of a time. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Parses a cursor.
 *
 * @param cursor - Matches {@link FEED_CURSOR}.
 */
export function readFeedCursor(cursor: string): FeedPosition {
  const [time, hex] = cursor.split('-');
  if (hex === undefined) return fromSecond(Number(time));
  return { time: Number(time), id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
}

/** Returns the cursor that continues after an entry. */
export function feedCursorAt({ time, id }: FeedPosition): string {
  return `${time}-${id.replaceAll('-', '')}`;
}

/**
 * Returns the position before all entries of a second.
 *
 * @param second - Seconds since 1970.
 */
export function fromSecond(second: number): FeedPosition {
  return { time: second * 1_000_000, id: NO_ID };
}
