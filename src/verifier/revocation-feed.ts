import { validate as isUuid } from 'uuid';
import { FEED_CURSOR } from '../auth/sessions/revocations/feed-cursor.js';
import type { AccessClaims } from '../auth/tokens/access-token-claims.js';
import { type Issuer, NotHeardError } from './issuer.js';
import { isKid } from './key-set.js';

/** Entries of each kind in a page; the issuer has 500. */
const MAX_ENTRIES = 1_000;
/** Entries that are remembered; an hour of 200 sign-outs a second is less. */
const MAX_REMEMBERED = 1_000_000;
/** Pages of one reading: beyond them it is no feed that ends. */
const MAX_PAGES = 2_000;
const MAX_KEYS = 100;
/** Seconds that an access token lives at most, and the clocks may differ. */
const MIN_WINDOW = 60;
const MAX_WINDOW = 24 * 60 * 60 + 60;

interface FeedPage {
  sessions: { id: string }[];
  users: { id: string; generation: number }[];
  keys: string[];
  cursor: string;
  next_page: string | null;
  window: number;
}

/** What is revoked, as the issuer was last heard to say. */
export class RevocationFeed {
  /** The keys that the issuer has now. */
  kids: ReadonlySet<string> = new Set();
  /** Session id → when it was last heard that it ended, in ms. */
  private readonly sessions = new Map<string, number>();
  /** User id → the lowest generation that tokens may have, and when that was last heard, in ms. */
  private readonly users = new Map<string, { generation: number; heardAt: number }>();
  private cursor?: string;
  /** Where a reading stopped half-way; the cursor that it began with is kept until its end. */
  private unread?: { page: string; cursor: string };
  private heardAt = -Infinity;
  /** Seconds after which an entry does not matter any more. */
  private window = MAX_WINDOW;

  constructor(private readonly issuer: Issuer) {}

  /** Whether the issuer was heard within the last so many ms. */
  wasHeardWithin(ms: number): boolean {
    return performance.now() - this.heardAt <= ms;
  }

  revokes({ sessionId, userId, accessGeneration }: AccessClaims): boolean {
    return this.sessions.has(sessionId) || accessGeneration < (this.users.get(userId)?.generation ?? 0);
  }

  /** @throws {NotHeardError} if the issuer does not answer with a feed; what it said before stays. */
  async read(): Promise<void> {
    const begunAt = performance.now();
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const asked = this.unread?.page ?? this.cursor;
      const answer = await this.issuer.get(`/.well-known/revocations${asked ? `?cursor=${asked}` : ''}`);
      if (answer === 'unchanged' || !isFeedPage(answer.body))
        throw new NotHeardError('its answer is no feed');
      const { next_page: next, cursor } = answer.body;
      this.take(answer.body);
      // Later pages may pass what became visible behind them, so the next reading goes on from where this one began.
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

  /** Tokens that an older entry would refuse have expired. */
  private forget(before: number): void {
    for (const [id, heardAt] of this.sessions) if (heardAt < before) this.sessions.delete(id);
    for (const [id, { heardAt }] of this.users) if (heardAt < before) this.users.delete(id);
  }
}

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
    // With less, an ended session would be forgotten before its tokens have expired.
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
