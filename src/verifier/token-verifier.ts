import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessClaims, readAccessToken, readHeader } from '../auth/tokens/access-token.js';
import { Issuer } from './issuer.js';
import { isKid, KeySet } from './key-set.js';
import { RevocationFeed } from './revocation-feed.js';
import { SharedReading } from './shared-reading.js';

/** Where the accounts are, and which tokens of theirs are meant for this service. */
export interface TokenVerifierOptions {
  /** Base of the service that issues the tokens, such as `https://accounts.example.com`; a host's with its prefix. */
  url: string;
  /**
   * Whether `url` may begin with `http://` also where it leads to another machine, for a network that nobody else can
   * write to. Default `false`.
   */
  allowHttp?: boolean;
  /** The `iss` that tokens must have. Default `astra`. */
  issuer?: string;
  /** The `aud` that tokens must have. Default `astra`. */
  audience?: string;
  /** How often the revocation feed is asked, in ms. Default 2 000, so that a revoked token is refused within 5 s. */
  pollEvery?: number;
  /** For how long, in ms, tokens are accepted while the feed cannot be read. Default 30 000. */
  maxSilence?: number;
  /**
   * Called with one sentence when keys or feed cannot be read, once a minute while that lasts, and when they can again.
   * The reason comes beside it, in a few words. Default: nobody is.
   */
  notice?: (message: string, reason?: string) => void;
}

/** The keys or the revocations could not be read for too long: nobody can say whether the token is good. */
export class VerifierUnavailableError extends Error {
  constructor() {
    super('The issuer of access tokens has been unreachable for too long');
    this.name = 'VerifierUnavailableError';
  }
}

/** Whatever tokens name, the issuer is asked at most this often, in ms. */
const READ_AT_MOST_EVERY = 1_000;
/** How often it is said again that nothing can be read, in ms. */
const NOTICE_EVERY = 60_000;

/**
 * Accepts the access tokens of an Astra service elsewhere, without its database and without asking it for each request:
 * it has the public keys (JWKS) and follows the feed of revocations.
 */
export class TokenVerifier {
  private readonly options: Required<TokenVerifierOptions>;
  private readonly stopping = new AbortController();
  private readonly keys: KeySet;
  private readonly feed: RevocationFeed;
  private readonly reading: SharedReading;
  private readonly following: Promise<void>;
  /** What could not be read the last time, and when that was told. */
  private unheard?: { what: 'Keys' | 'Revocations'; toldAt: number };

  /**
   * It begins to follow the feed at once; end it with {@link stop}.
   *
   * @throws {RangeError} naming the option that is wrong.
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
   * @returns what the token says, or `null` if it is not genuine, has expired or was revoked.
   * @throws {VerifierUnavailableError} while nobody can say that: the feed could not be read for longer than
   *   `maxSilence`, or the keys for ten minutes.
   */
  async verify(token: string): Promise<AccessClaims | null> {
    const kid = readHeader(token)?.kid;
    if (!isKid(kid)) return null;
    if (!this.isInformed) await this.reading.join();
    // Its key may be new. All who ask wait for one reading, which begins at most once a second.
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

  private get isInformed(): boolean {
    return this.feed.wasHeardWithin(this.options.maxSilence) && this.keys.isCurrent;
  }

  /** A key is good as long as the feed names it, however long a cache on the way keeps the set. */
  private findKey(kid: string) {
    return this.feed.kids.has(kid) ? this.keys.find(kid) : undefined;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.reading.begin();
      await sleep(this.options.pollEvery, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

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
    if (this.unheard) this.notice(`${this.unheard.what} are heard again`);
    this.unheard = undefined;
    return true;
  }

  private noteSilence(what: 'Keys' | 'Revocations', reason: string): void {
    const now = performance.now();
    const isKnown = this.unheard?.what === what && now - this.unheard.toldAt < NOTICE_EVERY;
    if (isKnown || this.stopping.signal.aborted) return;
    this.unheard = { what, toldAt: now };
    this.notice(`${what} cannot be read at the moment`, reason);
  }

  private notice(message: string, reason?: string): void {
    try {
      this.options.notice(message, reason);
    } catch {
      // It is the host's, and must not end the reading.
    }
  }
}
