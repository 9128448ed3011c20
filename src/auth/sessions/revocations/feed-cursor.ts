/** From where on the feed is read: a time, or an entry among those of one time. */
export interface FeedPosition {
  /** Microseconds since 1970, by the clock of the database. */
  time: number;
  /** Of the last entry that was read; what follows it has a greater id, or a later time. */
  id: string;
}

/** A whole second for a verifier that has read all there was; microseconds and an id between two pages. */
export const FEED_CURSOR = /^(\d{1,12}|\d{1,16}-[0-9a-f]{32})$/;

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** @param cursor - One that matches {@link FEED_CURSOR}. */
export function readFeedCursor(cursor: string): FeedPosition {
  const [time, hex] = cursor.split('-');
  if (hex === undefined) return fromSecond(Number(time));
  return { time: Number(time), id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
}

/** Writes the cursor of whoever goes on after an entry. */
export function feedCursorAt({ time, id }: FeedPosition): string {
  return `${time}-${id.replaceAll('-', '')}`;
}

/** @param second - Since 1970. */
export function fromSecond(second: number): FeedPosition {
  return { time: second * 1_000_000, id: NO_ID };
}
