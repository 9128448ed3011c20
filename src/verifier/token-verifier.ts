import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessClaims, readAccessToken } from '../auth/tokens/access-token.js';
import { algorithmOf, publicVerificationKey, type VerificationKey } from '../auth/tokens/signing-key.js';

/** Where the accounts are, and which tokens of theirs are meant for this service. */
export interface TokenVerifierOptions {
  /** Base of the service that issues the tokens, such as `https://accounts.example.com`; a host's with its prefix. */
  url: string;
  /** The `iss` that tokens must have. Default `astra`. */
  issuer?: string;
  /** The `aud` that tokens must have. Default `astra`. */
  audience?: string;
  /** How often the revocation feed is asked, in ms. Default 2 000, so that a revoked token is refused within 5 s. */
  pollEvery?: number;
  /** For how long, in ms, tokens are accepted while the feed cannot be read. Default 30 000. */
  maxSilence?: number;
  /** Is told, in one sentence, when keys or feed cannot be read and when they can again. Default: nobody. */
  notice?: (message: string) => void;
}

/** The keys or the revocations could not be read for too long: nobody can say whether the token is good. */
export class VerifierUnavailableError extends Error {
  constructor() {
    super('The issuer of access tokens could not be asked for too long');
    this.name = 'VerifierUnavailableError';
  }
}

/** Time limit of one request to the issuer, in ms. */
const REQUEST_TIMEOUT = 2_000;
/** Keys are asked for at most this often, in ms, whatever `kid`s tokens name. */
const KEYS_AT_MOST_EVERY = 1_000;

/** Seconds that an access token lives at most, see `accessTokenTtl`. */
const MAX_TOKEN_LIFE = 24 * 60 * 60;

interface Feed {
  sessions: { id: string; ended_at: string }[];
  users: { id: string; changed_at: string }[];
  cursor: string;
}

/**
 * Accepts the access tokens of an Astra service elsewhere, without its database and without asking it for each request:
 * it has the public keys (JWKS) and follows the feed of revocations.
 */
export class TokenVerifier {
  private readonly options: Required<TokenVerifierOptions>;
  private readonly stopping = new AbortController();
  private readonly following: Promise<void>;
  private keys = new Map<string, VerificationKey>();
  private keysAskedAt = -Infinity;
  /** Session id → when it ended, in seconds since 1970. */
  private readonly endedSessions = new Map<string, number>();
  /** User id → tokens issued up to then are refused, in seconds since 1970. */
  private readonly changedUsers = new Map<string, number>();
  private cursor?: string;
  private etag: string | null = null;
  private heardAt = -Infinity;

  /** It begins to follow the feed at once; end it with {@link stop}. */
  constructor(options: TokenVerifierOptions) {
    this.options = {
      issuer: 'astra',
      audience: 'astra',
      pollEvery: 2_000,
      maxSilence: 30_000,
      notice: () => undefined,
      ...options,
      url: options.url.replace(/\/$/, ''),
    };
    this.following = this.follow();
  }

  /**
   * @returns what the token says, or `null` if it is not genuine, has expired or was revoked.
   * @throws {VerifierUnavailableError} while the issuer could not be asked for longer than `maxSilence`.
   */
  async verify(token: string): Promise<AccessClaims | null> {
    let unknownKey = false;
    const read = () =>
      readAccessToken(token, {
        ...this.options,
        findKey: (kid) => {
          const key = this.keys.get(kid);
          unknownKey = !key;
          return key;
        },
      });
    let claims = read();
    if (!claims && unknownKey && (await this.fetchKeys())) claims = read();
    if (performance.now() - this.heardAt > this.options.maxSilence && !(await this.fetchFeed()))
      throw new VerifierUnavailableError();
    return claims && !this.isRevoked(claims) ? claims : null;
  }

  /** Stops following the feed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private isRevoked({ sessionId, userId, issuedAt }: AccessClaims): boolean {
    // `iat` has whole seconds: a token of the very second of the change may be from before it.
    return this.endedSessions.has(sessionId) || issuedAt <= (this.changedUsers.get(userId) ?? -Infinity);
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    let wasHeard = true;
    while (!signal.aborted) {
      const isHeard = await this.fetchFeed();
      if (isHeard !== wasHeard)
        this.options.notice(
          isHeard ? 'Revocations are heard again' : 'Revocations cannot be read at the moment',
        );
      wasHeard = isHeard;
      await sleep(this.options.pollEvery, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async fetchFeed(): Promise<boolean> {
    const sentAt = performance.now();
    const answer = await this.fetch(
      `/.well-known/revocations${this.cursor ? `?cursor=${this.cursor}` : ''}`,
      this.etag ? { 'if-none-match': this.etag } : {},
    );
    if (!answer) return false;
    if (answer.body) this.take(answer.body as Feed, answer.etag);
    this.heardAt = sentAt;
    return true;
  }

  private take({ sessions, users, cursor }: Feed, etag: string | null): void {
    for (const { id, ended_at } of sessions) this.endedSessions.set(id, secondsOf(ended_at));
    for (const { id, changed_at } of users) this.changedUsers.set(id, secondsOf(changed_at));
    this.cursor = cursor;
    this.etag = etag;
    for (const map of [this.endedSessions, this.changedUsers]) {
      for (const [id, at] of map) if (at + MAX_TOKEN_LIFE < Date.now() / 1000) map.delete(id);
    }
  }

  private async fetchKeys(): Promise<boolean> {
    if (performance.now() - this.keysAskedAt < KEYS_AT_MOST_EVERY) return false;
    this.keysAskedAt = performance.now();
    const answer = await this.fetch('/.well-known/jwks.json');
    if (!answer?.body) return false;
    const { keys } = answer.body as { keys: (JsonWebKey & { kid: string })[] };
    this.keys = new Map(
      keys.map((jwk) => {
        const key = createPublicKey({ key: jwk, format: 'jwk' });
        return [jwk.kid, publicVerificationKey(jwk.kid, algorithmOf(jwk.kid, key), key)];
      }),
    );
    return true;
  }

  /** @returns the answer, without a body if it is the one that is known; `undefined` if there is no good one. */
  private async fetch(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ body?: unknown; etag: string | null } | undefined> {
    try {
      const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(REQUEST_TIMEOUT)]);
      const response = await fetch(this.options.url + path, { headers, signal, redirect: 'error' });
      const etag = response.headers.get('etag');
      if (response.status === 304) return { etag };
      return response.ok ? { body: await response.json(), etag } : undefined;
    } catch {
      // Away, too slow, or not JSON: all the same to those who wait for an answer.
      return undefined;
    }
  }
}

function secondsOf(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}
