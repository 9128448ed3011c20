import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { readRows } from '../../../database/query-rows.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../../tokens/access-token-claims.js';
import { Keyring } from '../../tokens/keys/keyring.js';
import { feedCursorAt, type FeedPosition, fromSecond, readFeedCursor } from './feed-cursor.js';
import { SharedReads } from './shared-reads.js';

/** Page of the revocation feed. */
export interface Revocations {
  sessions: { id: string }[];
  users: { id: string; generation: number }[];
  /** `kid`s of the JWK set. */
  keys: string[];
  /**
   * Cursor for the next poll. Use the one of the first page after reading all pages: later pages may pass entries that
   * were not yet visible.
   */
  cursor: string;
  /** Cursor of the next page; `null` on the last one. */
  next_page: string | null;
  /** Seconds after which an entry can be forgotten. */
  window: number;
}

/** Row of the feed: an ended session, or a user whose access changed. */
interface Entry {
  is_session: boolean;
  id: string;
  /** Microseconds since 1970. */
  time: string;
  generation: number | null;
}

/** Times by the clock of the database, in whole seconds since 1970. */
interface Times {
  now: number;
  /** All changes before this time are visible. */
  settled: number;
}

/** Maximum of entries per page. */
const PAGE = 500;

/** Time in ms within which equal requests share one query. */
const SHARED_FOR = 1_000;

/** Cursors are rounded down to multiples of this many seconds, so that verifiers with similar ones share a query. */
const ROUNDED_TO = 5;

/** Overlap of a cursor in seconds, for a failover to a database server whose clock is behind. */
const OVERLAP = 20;

/**
 * Lists sessions that ended and users whose access changed within the lifetime of an access token.
 *
 * Times only select the entries that are new to a verifier; they decide about no token. Regardless of the number of
 * requests, at most one query runs at a time, for one page.
 */
@Injectable()
export class RevocationsService {
  private readonly times = new SharedReads<Times>(SHARED_FOR);
  private readonly pages = new SharedReads<Omit<Revocations, 'keys'>>(SHARED_FOR);
  private reading: Promise<unknown> = Promise.resolve();
  /** Seconds for which an access token lives and an entry matters. */
  private readonly window: number;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly keyring: Keyring,
    { accessTokenTtl }: AuthSettings,
  ) {
    this.window = accessTokenTtl + CLOCK_SKEW;
  }

  /**
   * Returns a page of the feed.
   *
   * @param cursor - Cursor of an earlier page, matching {@link FEED_CURSOR}. Default, and if it is older than the
   *   window: all entries that still matter.
   */
  async list(cursor = '0'): Promise<Revocations> {
    const times = await this.times.get('', () => this.readTimes());
    const from = this.within(readFeedCursor(cursor), times);
    const page = await this.pages.get(feedCursorAt(from), () =>
      this.afterOthers(() => this.read(from, times)),
    );
    return { ...page, keys: this.keyring.published().map(({ kid }) => kid) };
  }

  /**
   * Limits the start to the window and rounds it, so that a few hundred distinct queries remain, however many times are
   * requested.
   */
  private within(asked: FeedPosition, { now }: Times): FeedPosition {
    const oldest = fromSecond(rounded(now - this.window));
    if (asked.time <= oldest.time) return oldest;
    // A position after an entry leads to one page at most, so invented ones cost no more than real ones.
    if (asked.id !== oldest.id) return asked;
    const from = fromSecond(rounded(Math.min(asked.time / 1_000_000, now) - OVERLAP));
    return from.time > oldest.time ? from : oldest;
  }

  /** Runs a read after those that are waiting, so that one runs at a time. */
  private afterOthers<T>(read: () => Promise<T>): Promise<T> {
    const result = this.reading.then(read);
    this.reading = result.catch(() => undefined);
    return result;
  }

  private async read(from: FeedPosition, { settled }: Times): Promise<Omit<Revocations, 'keys'>> {
    const entries = await readRows<Entry>(this.db, READ_PAGE, [String(from.time), from.id, PAGE + 1]);
    const more = entries.length > PAGE;
    const shown = entries.slice(0, PAGE);
    const last = shown.at(-1);
    return {
      sessions: shown.filter((entry) => entry.is_session).map(({ id }) => ({ id })),
      users: shown
        .filter((entry) => !entry.is_session)
        .map(({ id, generation }) => ({ id, generation: generation ?? 0 })),
      cursor: String(settled),
      next_page: more && last ? feedCursorAt({ time: Number(last.time), id: last.id }) : null,
      window: this.window,
    };
  }

  /** Read before the page: a transaction that had not committed by then either counts here or writes a later time. */
  private async readTimes(): Promise<Times> {
    const [times] = await readRows<Times>(this.db, READ_TIMES);
    return times;
  }
}

/** Rounds down to a multiple of {@link ROUNDED_TO}. */
function rounded(second: number): number {
  return Math.floor(second / ROUNDED_TO) * ROUNDED_TO;
}

/**
 * An entry becomes visible when its transaction commits, which may be long after the time it wrote. So a cursor never
 * passes the start of a transaction that has written. Transactions of other roles are not visible here, but they change
 * no rows of the feed.
 */
const READ_TIMES = `
  SELECT floor(extract(epoch FROM now()))::float8 AS now,
         floor(extract(epoch FROM least(now(), min(xact_start))))::float8 AS settled
    FROM pg_stat_activity
   WHERE datname = current_database() AND backend_xid IS NOT NULL`;

const TIME = `timestamptz 'epoch' + $1::bigint * interval '1 microsecond'`;

/** Selects the entries of one table after a position, in the order of its index. */
const entriesOf = (table: string, at: string, generation: string) => `
  (SELECT ${generation === 'NULL'} AS is_session, id, ${at} AS at, ${generation}::int AS generation
     FROM ${table} WHERE ${at} >= ${TIME} AND (${at}, id) > (${TIME}, $2::uuid) ORDER BY ${at}, id LIMIT $3)`;

/** Ordered by time; ids break ties, as one statement can end thousands of sessions at the same time. */
const READ_PAGE = `
  SELECT is_session, id, (extract(epoch FROM at) * 1000000)::bigint AS time, generation
    FROM (${entriesOf('auth_sessions', 'ended_at', 'NULL')}
          UNION ALL ${entriesOf('auth_users', 'access_changed_at', 'access_generation')}) AS entries
   ORDER BY at, id LIMIT $3`;
