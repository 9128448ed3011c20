import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessClaims, readAccessToken, readHeader } from '../auth/tokens/access-token-claims.js';
import { Issuer } from './issuer.js';
import { isKid, KeySet } from './key-set.js';
import { RevocationFeed } from './revocation-feed.js';
import { SharedReading } from './shared-reading.js';

/** Options of the verifier: the issuer, and the tokens to accept. */
export interface TokenVerifierOptions {
  /**
   * Base URL of the service that issues the tokens, such as `https://accounts.example.com`; of a host
   * including its prefix.
   */
  url: string;
  /**
   * Whether `url` may begin with `http://` even for another machine, for use in a trusted network. Default
   * `false`.
   */
  allowHttp?: boolean;
  /** The `iss` that tokens must have. Default `astra`. */
  issuer?: string;
  /** The `aud` that tokens must have. Default `astra`. */
  audience?: string;
  /**
   * Interval at which the revocation feed is polled, in ms. Default 2 000, so that a revoked token is
   * rejected within 5 s.
   */
  pollEvery?: number;
  /** Time in ms for which tokens are accepted while the feed cannot be read. Default 30 000. */
  maxSilence?: number;
  /**
   * Called with one sentence and a short reason when keys or feed cannot be read, once a minute while that
   * lasts, and when they can be read again. Default none.
   */
  notice?: (message: string, reason?: string) => void;
}

/** The keys or the revocation feed could not be read for too long, so the token cannot be verified. */
export class VerifierUnavailableError extends Error {
  constructor() {
    super('The issuer of access tokens has been unreachable for too long');
    this.name = 'VerifierUnavailableError';
  }
}

/** Minimum time between requests to the issuer, in ms, regardless of the tokens received. */
const READ_AT_MOST_EVERY = 1_000;
/** Interval at which the notice of a failure is repeated, in ms. */
const NOTICE_EVERY = 60_000;

/**
 * Verifies the access tokens of another Astra service, without its database and without a request to it per
 * token: it has the public keys (JWKS) and follows the revocation feed.
 */
export class TokenVerifier {
  private readonly options: Required<TokenVerifierOptions>;
  private readonly stopping = new AbortController();
  private readonly keys: KeySet;
  private readonly feed: RevocationFeed;
  private readonly reading: SharedReading;
  private readonly following: Promise<void>;
  /** Last failure, and when it was reported. */
  private unheard?: { what: 'Keys' | 'Revocations'; toldAt: number };

  /**
   * Starts to follow the feed immediately; call {@link stop} to end it.
   *
   * @throws {RangeError} if an option is invalid; the message names it.
   */
  constructor(options: TokenVerifierOptions) {
    this.options = {
      allowHttp: false,
      issuer: 'astra',
      audience: 'astra',
      pollEvery: 2_000,
      maxSilence: 30_000,
      notice: () => undefined,
      ...options,
    };
    for (const name of ['pollEvery', 'maxSilence'] as const)
      if (!(this.options[name] > 0 && this.options[name] <= 3_600_000))
        throw new RangeError(`${name} must be a number of ms, up to an hour`);
    const issuer = new Issuer(this.options.url, this.stopping.signal, this.options);
    this.keys = new KeySet(issuer);
    this.feed = new RevocationFeed(issuer);
    this.reading = new SharedReading(() => this.read(), Math.min(READ_AT_MOST_EVERY, this.options.pollEvery));
    this.following = this.follow();
  }

  /**
   * @returns the claims of the token, or `null` if it is not genuine, has expired or was revoked.
   * @throws {VerifierUnavailableError} if the feed could not be read for longer than `maxSilence`, or the
   * keys for ten minutes.
   */
  async verify(token: string): Promise<AccessClaims | null> {
    const kid = readHeader(token)?.kid;
    if (!isKid(kid)) return null;
    if (!this.isInformed) await this.reading.join();
    // Its key may be new. All callers wait for one read, which starts at most once per second.
    else if (!this.findKey(kid) && !(await this.reading.begin())) throw new VerifierUnavailableError();
    const isMissing = this.feed.kids.has(kid) && !this.keys.names(kid);
    if (!this.isInformed || isMissing) throw new VerifierUnavailableError();

    const claims = readAccessToken(token, { ...this.options, findKey: (name) => this.findKey(name) });
    return claims && !this.feed.revokes(claims) ? claims : null;
  }

  /** Stops following the feed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  /** Whether feed and keys are recent enough to verify tokens. */
  private get isInformed(): boolean {
    return this.feed.wasHeardWithin(this.options.maxSilence) && this.keys.isCurrent;
  }

  /** A key is valid as long as the feed lists it, even if a cache in between keeps the set for longer. */
  private findKey(kid: string) {
    return this.feed.kids.has(kid) ? this.keys.find(kid) : undefined;
  }

  /** Reads the feed at intervals until the verifier is stopped. */
  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.reading.begin();
      await sleep(this.options.pollEvery, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Reads the feed, and the keys if they are due or differ from those that the feed lists. */
  private async read(): Promise<boolean> {
    let what: 'Keys' | 'Revocations' = 'Revocations';
    try {
      await this.feed.read();
      what = 'Keys';
      if (this.keys.isDue || !this.keys.consistsOf(this.feed.kids)) await this.keys.read();
    } catch (error) {
      this.noteSilence(what, (error as Error).message);
      return false;
    }
    if (this.unheard) this.notice(`${this.unheard.what} are available again`);
    this.unheard = undefined;
    return true;
  }

  /** Reports a failed read, once a minute while it lasts. */
  private noteSilence(what: 'Keys' | 'Revocations', reason: string): void {
    const now = performance.now();
    const isKnown = this.unheard?.what === what && now - this.unheard.toldAt < NOTICE_EVERY;
    if (isKnown || this.stopping.signal.aborted) return;
    this.unheard = { what, toldAt: now };
    this.notice(`${what} cannot be read`, reason);
  }

  private notice(message: string, reason?: string): void {
    try {
      this.options.notice(message, reason);
    } catch {
      // An error of the host's function must not end the reading.
    }
  }
}
