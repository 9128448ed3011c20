import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { algorithmOf, publicVerificationKey, type VerificationKey } from '../auth/tokens/keys/signing-key.js';
import { type Issuer, NotHeardError } from './issuer.js';

/** The set is read again after this many ms, or sooner where its `max-age` says so. */
const READ_EVERY = 60_000;
/** Without a good answer for this many ms, nobody knows whether a key was withdrawn. */
const MAX_AGE = 600_000;
/** Keys of a set; an issuer has two or three. */
const MAX_KEYS = 100;
const MAX_KID_LENGTH = 200;

/** The public keys of the issuer (RFC 7517, 5), as it was last heard to have them. */
export class KeySet {
  private keys = new Map<string, VerificationKey | undefined>();
  private etag: string | null = null;
  private heardAt = -Infinity;
  private readEvery = READ_EVERY;

  constructor(private readonly issuer: Issuer) {}

  find(kid: string): VerificationKey | undefined {
    return this.keys.get(kid);
  }

  /** Whether the set has a key of this name, even if it is none for us. */
  names(kid: string): boolean {
    return this.keys.has(kid);
  }

  /** Whether what is known is not too old to go by. */
  get isCurrent(): boolean {
    return performance.now() - this.heardAt < MAX_AGE;
  }

  /** Whether it is time to read it again. */
  get isDue(): boolean {
    return performance.now() - this.heardAt >= this.readEvery;
  }

  /** Whether these are its keys, and no others. */
  consistsOf(kids: ReadonlySet<string>): boolean {
    return kids.size === this.keys.size && [...kids].every((kid) => this.keys.has(kid));
  }

  /** @throws {NotHeardError} if the issuer does not answer with a JWK set; then what was known stays. */
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

/** Tells whether something can be the name of a key. */
export function isKid(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_KID_LENGTH;
}

/** @returns `kid` → key; `undefined` for a key that is not for us, or not good enough. */
function readKeys(body: unknown): Map<string, VerificationKey | undefined> {
  const set = body as { keys?: unknown } | null;
  const jwks: unknown = typeof set === 'object' ? set?.keys : undefined;
  if (!Array.isArray(jwks) || jwks.length > MAX_KEYS) throw new NotHeardError('its answer is no JWK set');
  const keys = new Map<string, VerificationKey | undefined>();
  for (const jwk of jwks as unknown[]) {
    const { kid } = (typeof jwk === 'object' ? (jwk ?? {}) : {}) as { kid?: unknown };
    if (!isKid(kid) || keys.has(kid)) throw new NotHeardError('its answer is no JWK set');
    keys.set(kid, readKey(kid, jwk as JsonWebKey));
  }
  return keys;
}

/** What is not understood is left out, as RFC 7517, 5, has it: a set may hold keys for others. */
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
