import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { algorithmOf, publicVerificationKey, type VerificationKey } from '../auth/tokens/keys/signing-key.js';
import { type Issuer, NotHeardError } from './issuer.js';

/** Interval in ms at which the set is fetched; its `max-age` can shorten it. */
const READ_EVERY = 60_000;
/** Time in ms without a valid response after which it is unknown whether a key was removed. */
const MAX_AGE = 600_000;
/** Maximum of keys; an issuer has two or three. */
const MAX_KEYS = 100;
const MAX_KID_LENGTH = 200;

/** Public keys of the issuer (RFC 7517, 5), as last received. */
export class KeySet {
  private keys = new Map<string, VerificationKey | undefined>();
  private etag: string | null = null;
  private heardAt = -Infinity;
  private readEvery = READ_EVERY;

  constructor(private readonly issuer: Issuer) {}

  /** Returns a usable key by its name. */
  find(kid: string): VerificationKey | undefined {
    return this.keys.get(kid);
  }

  /** Returns whether the set contains a key of this name, even if it is not usable. */
  names(kid: string): boolean {
    return this.keys.has(kid);
  }

  /** Whether the set is recent enough to be used. */
  get isCurrent(): boolean {
    return performance.now() - this.heardAt < MAX_AGE;
  }

  /** Whether the set should be fetched again. */
  get isDue(): boolean {
    return performance.now() - this.heardAt >= this.readEvery;
  }

  /** Returns whether these are exactly the keys of the set. */
  consistsOf(kids: ReadonlySet<string>): boolean {
    return kids.size === this.keys.size && [...kids].every((kid) => this.keys.has(kid));
  }

  /**
   * Fetches the set.
   *
   * @throws {NotHeardError} if the issuer does not return a JWK set; the known keys remain.
   */
  async read(): Promise<void> {
    const sentAt = performance.now();
    const answer = await this.issuer.get('/.well-known/jwks.json', this.etag);
    if (answer !== 'unchanged') {
      this.keys = readKeys(answer.body);
      this.etag = answer.etag;
      this.readEvery = Math.min(READ_EVERY, (answer.maxAge ?? Infinity) * 1_000);
    }
    this.heardAt = sentAt;
  }
}

/** Returns whether a value can be the name of a key. */
export function isKid(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_KID_LENGTH;
}

/**
 * Parses a JWK set.
 *
 * @returns `kid` → key; `undefined` for a key that is not usable here.
 */
function readKeys(body: unknown): Map<string, VerificationKey | undefined> {
  const set = body as { keys?: unknown } | null;
  const jwks: unknown = typeof set === 'object' ? set?.keys : undefined;
  if (!Array.isArray(jwks) || jwks.length > MAX_KEYS)
    throw new NotHeardError('its response is not a JWK set');
  const keys = new Map<string, VerificationKey | undefined>();
  for (const jwk of jwks as unknown[]) {
    const { kid } = (typeof jwk === 'object' ? (jwk ?? {}) : {}) as { kid?: unknown };
    if (!isKid(kid) || keys.has(kid)) throw new NotHeardError('its response is not a JWK set');
    keys.set(kid, readKey(kid, jwk as JsonWebKey));
  }
  return keys;
}

/** Parses a key. Unsupported ones are ignored (RFC 7517, 5): a set may contain keys for other purposes. */
function readKey(kid: string, jwk: JsonWebKey): VerificationKey | undefined {
  if ('d' in jwk || (jwk.use !== undefined && jwk.use !== 'sig')) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const algorithm = algorithmOf(kid, key);
    if (jwk.alg !== undefined && jwk.alg !== algorithm) return undefined;
    return publicVerificationKey(kid, algorithm, key);
  } catch {
    return undefined;
  }
}
