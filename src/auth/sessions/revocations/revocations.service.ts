import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../../tokens/access-token-claims.js';
import { Keyring } from '../../tokens/keys/keyring.js';
import { feedCursorAt, type FeedPosition, fromSecond, readFeedCursor } from './feed-cursor.js';
import { SharedReads } from './shared-reads.js';

/** A page of what other services must refuse although it has not expired. */
export interface Revocations {
  sessions: { id: string }[];
  users: { id: string; generation: number }[];
  /** The `kid`s of the JWK set. */
  keys: string[];
  /** That of the first page is for the next time, once all pages were read: later ones may pass what was not yet visible. */
  cursor: string;
  /** The cursor of the next page; `null` if this is the last. */
  next_page: string | null;
  /** Seconds after which an entry does not matter any more. */
  window: number;
}

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
  /** What changed before is visible by now. */
  settled: number;
}

/** Entries of one page. */
const PAGE = 500;

/** The requests of many verifiers within this many ms share one reading. */
const SHARED_FOR = 1_000;

/** Cursors are rounded down to this many seconds, so that verifiers with about the same one share a reading. */
const ROUNDED_TO = 5;

/** A cursor looks back this many seconds, in case another server with another clock has become the database. */
const OVERLAP = 20;

/**
 * Ended sessions, and users whose access changed, within the life of an access token.
 *
 * The times only say what is new to whoever asks; they decide about no token. Whatever is asked, one reading of the
 * tables goes on at a time, and it is of one page.
 */
@Injectable()
export class RevocationsService {
  private readonly times = new SharedReads<Times>(SHARED_FOR);
  private readonly pages = new SharedReads<Omit<Revocations, 'keys'>>(SHARED_FOR);
  private reading: Promise<unknown> = Promise.resolve();
  /** Seconds for which an access token lives, and an entry matters. */
  private readonly window: number;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly keyring: Keyring,
    { accessTokenTtl }: AuthSettings,
  ) {
    this.window = accessTokenTtl + CLOCK_SKEW;
  }

  /**
   * @param cursor - Of an earlier page; one that is older than the window, or none, is for all that still matters. It
   *   matches {@link FEED_CURSOR}.
   */
  async list(cursor = '0'): Promise<Revocations> {
    const times = await this.times.get('', () => this.readTimes());
    const from = this.within(readFeedCursor(cursor), times);
    const page = await this.pages.get(feedCursorAt(from), () =>
      this.afterOthers(() => this.read(from, times)),
    );
    return { ...page, keys: this.keyring.published().map(({ kid }) => kid) };
  }

  /** Of the times that anybody can make up a few hundred are left. */
  private within(asked: FeedPosition, { now }: Times): FeedPosition {
    const oldest = fromSecond(rounded(now - this.window));
    if (asked.time <= oldest.time) return oldest;
    // What follows an entry is one page, or none: that another cursor is made up costs no more.
    if (asked.id !== oldest.id) return asked;
    const from = fromSecond(rounded(Math.min(asked.time / 1_000_000, now) - OVERLAP));
    return from.time > oldest.time ? from : oldest;
  }

  private afterOthers<T>(read: () => Promise<T>): Promise<T> {
    const result = this.reading.then(read);
    this.reading = result.catch(() => undefined);
    return result;
  }

  private async read(from: FeedPosition, { settled }: Times): Promise<Omit<Revocations, 'keys'>> {
    const entries = await this.db.query<Entry[]>(READ_PAGE, [String(from.time), from.id, PAGE + 1]);
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

  /** Before a page is read: whoever had not committed by then is either among those here, or writes a later time. */
  private async readTimes(): Promise<Times> {
    const [times] = await this.db.query<Times[]>(READ_TIMES);
    return times;
  }
}

function rounded(second: number): number {
  return Math.floor(second / ROUNDED_TO) * ROUNDED_TO;
}

/**
 * An entry becomes visible when its transaction commits, however long after the time that it wrote: so a cursor does not
 * pass the begin of a transaction that has written something. Those of other roles are not seen, and change no rows here.
 */
const READ_TIMES = `
  SELECT floor(extract(epoch FROM now()))::float8 AS now,
         floor(extract(epoch FROM least(now(), min(xact_start))))::float8 AS settled
    FROM pg_stat_activity
   WHERE datname = current_database() AND backend_xid IS NOT NULL`;

const TIME = `timestamptz 'epoch' + $1::bigint * interval '1 microsecond'`;

const entriesOf = (table: string, at: string, generation: string) => `
  (SELECT ${generation === 'NULL'} AS is_session, id, ${at} AS at, ${generation}::int AS generation
     FROM ${table} WHERE ${at} >= ${TIME} AND (${at}, id) > (${TIME}, $2::uuid) ORDER BY ${at}, id LIMIT $3)`;

/** In the order of their times; the ids decide where thousands have the same. */
const READ_PAGE = `
  SELECT is_session, id, (extract(epoch FROM at) * 1000000)::bigint AS time, generation
    FROM (${entriesOf('auth_sessions', 'ended_at', 'NULL')}
          UNION ALL ${entriesOf('auth_users', 'access_changed_at', 'access_generation')}) AS entries
   ORDER BY at, id LIMIT $3`;
