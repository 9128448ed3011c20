import { validate as isUuid } from 'uuid';
import { FEED_CURSOR } from '../auth/sessions/revocations/feed-cursor.js';
import type { AccessClaims } from '../auth/tokens/access-token-claims.js';
import { type Issuer, NotHeardError } from './issuer.js';
import { isKid } from './key-set.js';

/** Maximum of entries of each kind per page; the issuer returns 500. */
const MAX_ENTRIES = 1_000;
/** Maximum of entries in memory; more than an hour of 200 sign-outs per second. */
const MAX_REMEMBERED = 1_000_000;
/** Maximum of pages per read; more means that the feed does not end. */
const MAX_PAGES = 2_000;
const MAX_KEYS = 100;
/** Range of the window in seconds: the lifetime of access tokens and the clock tolerance. */
const MIN_WINDOW = 60;
const MAX_WINDOW = 24 * 60 * 60 + 60;

/** Page of the feed as sent by the issuer. */
interface FeedPage {
  sessions: { id: string }[];
  users: { id: string; generation: number }[];
  keys: string[];
  cursor: string;
  next_page: string | null;
  window: number;
}

/** Revocations, as last received from the issuer. */
export class RevocationFeed {
  /** Ids of the issuer's current keys. */
  kids: ReadonlySet<string> = new Set();
  /** Session id → time in ms at which its end was last received. */
  private readonly sessions = new Map<string, number>();
  /** User id → minimum generation of valid tokens, and the time in ms at which it was last received. */
  private readonly users = new Map<string, { generation: number; heardAt: number }>();
  private cursor?: string;
  /** Page at which a read was interrupted, with its first cursor, which is kept until the read is complete. */
  private unread?: { page: string; cursor: string };
  private heardAt = -Infinity;
  /** Seconds after which an entry can be forgotten. */
  private window = MAX_WINDOW;

  constructor(private readonly issuer: Issuer) {}

  /** Returns whether the feed was read within the last `ms` milliseconds. */
  wasHeardWithin(ms: number): boolean {
    return performance.now() - this.heardAt <= ms;
  }

  /**
   * Returns whether the feed revokes a token: its session has ended, or its user's access changed after it was issued.
   */
  revokes({ sessionId, userId, accessGeneration }: AccessClaims): boolean {
    return this.sessions.has(sessionId) || accessGeneration < (this.users.get(userId)?.generation ?? 0);
  }

  /**
   * Reads all pages since the last read.
   *
   * @throws {NotHeardError} if the issuer does not return a feed; known entries remain.
   */
  async read(): Promise<void> {
    const begunAt = performance.now();
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const asked = this.unread?.page ?? this.cursor;
      const answer = await this.issuer.get(`/.well-known/revocations${asked ? `?cursor=${asked}` : ''}`);
      if (answer === 'unchanged' || !isFeedPage(answer.body))
        throw new NotHeardError('its response is not a revocation feed');
      const { next_page: next, cursor } = answer.body;
      this.take(answer.body);
      // Later pages may pass entries that became visible behind them, so the next read continues from the start of this
      // one.
      const first = this.unread?.cursor ?? cursor;
      if (next === null) {
        this.cursor = first;
        this.unread = undefined;
        this.heardAt = begunAt;
        this.forget(begunAt - this.window * 1_000);
        return;
      }
      this.unread = { page: next, cursor: first };
    }
    this.unread = undefined;
    throw new NotHeardError('its feed has no end');
  }

  /** Adds the entries of a page. A known generation never decreases, although pages overlap. */
  private take({ sessions, users, keys, window }: FeedPage): void {
    if (this.sessions.size + this.users.size > MAX_REMEMBERED)
      throw new NotHeardError('its feed is too long');
    const heardAt = performance.now();
    for (const { id } of sessions) this.sessions.set(id, heardAt);
    for (const { id, generation } of users) {
      const known = this.users.get(id)?.generation ?? 0;
      this.users.set(id, { generation: Math.max(generation, known), heardAt });
    }
    this.kids = new Set(keys);
    this.window = window;
  }

  /** Removes old entries, whose tokens have expired. */
  private forget(before: number): void {
    for (const [id, heardAt] of this.sessions) if (heardAt < before) this.sessions.delete(id);
    for (const [id, { heardAt }] of this.users) if (heardAt < before) this.users.delete(id);
  }
}

/** Validates a page, since everything from the network is untrusted. */
function isFeedPage(body: unknown): body is FeedPage {
  if (!isObject(body)) return false;
  const { sessions, users, keys, cursor, next_page: next, window } = body;
  return (
    isListOf(sessions, MAX_ENTRIES, (entry) => isObject(entry) && isUuid(entry.id)) &&
    isListOf(
      users,
      MAX_ENTRIES,
      (entry) => isObject(entry) && isUuid(entry.id) && isCount(entry.generation, Number.MAX_SAFE_INTEGER),
    ) &&
    isListOf(keys, MAX_KEYS, isKid) &&
    isCursor(cursor) &&
    (next === null || isCursor(next)) &&
    isCount(window, MAX_WINDOW) &&
    // With a shorter window, an ended session would be forgotten before its tokens expire.
    (window as number) >= MIN_WINDOW
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, atMost: number, isEntry: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= atMost && value.every(isEntry);
}

function isCount(value: unknown, atMost: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= atMost;
}

function isCursor(value: unknown): boolean {
  return typeof value === 'string' && FEED_CURSOR.test(value);
}
