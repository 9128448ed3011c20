import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { deriveBytes } from '../../../keys/derived-keys.js';
import { isEqual, macOf } from '../../../keys/mac.js';
import type { SignatureAlgorithm } from '../../../settings/auth-options.js';

/** A key that checks signatures; of one algorithm only, whatever a token's header says (RFC 8725, 3.1). */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  /** @param signature - In base64url, as it stands in the token. */
  verify(data: string, signature: string): boolean;
}

/** A key that signs as well. */
export interface SigningKey extends VerificationKey {
  /** From when it signs, in ms since 1970; until then it is only published. */
  readonly signsFrom: number;
  /** The secret, or the private key. A KeyObject, made once: a string is parsed as PEM at each call. */
  readonly key: KeyObject;
  /** @returns the signature in base64url. */
  sign(data: string): string;
  /** The public half for the JWK set (RFC 7517); `undefined` for a secret. */
  readonly jwk?: JsonWebKey;
}

/** The HS256 key of a secret. Its `kid` is derived, so that it tells nothing about the secret. */
export function secretSigningKey(secret: string): SigningKey {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  const mac = (data: string) => macOf(data, key).toString('base64url');
  return {
    kid: deriveBytes(secret, 'astra key id', 9).toString('base64url'),
    algorithm: 'HS256',
    signsFrom: -Infinity,
    key,
    sign: mac,
    verify(data, signature) {
      // Compared as text: decoding would take several spellings of one signature.
      return isEqual(Buffer.from(mac(data)), Buffer.from(signature));
    },
  };
}

/**
 * A private key of the directory.
 *
 * @param kid - The file's name without `.pem`. One that begins with a time, as `rotate-keys` makes them
 *   (`20261122T101500Z-…`), signs from then on; any other from the start.
 * @param pem - PKCS#8: Ed25519, EC on P-256, or RSA of 2048 bits or more.
 * @throws {RangeError} if the key is of another kind.
 */
export function privateSigningKey(kid: string, pem: string): SigningKey {
  const key = readPrivateKey(kid, pem);
  const algorithm = algorithmOf(kid, key);
  const publicKey = createPublicKey(key);
  return {
    ...publicVerificationKey(kid, algorithm, publicKey),
    signsFrom: activationTime(kid),
    key,
    sign: (data) => sign(digestOf(algorithm), Buffer.from(data), signatureOptions(key)).toString('base64url'),
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
  };
}

/** A key of a JWK set. */
export function publicVerificationKey(
  kid: string,
  algorithm: SignatureAlgorithm,
  publicKey: KeyObject,
): VerificationKey {
  return {
    kid,
    algorithm,
    verify(data, signature) {
      const bytes = Buffer.from(signature, 'base64url');
      if (bytes.toString('base64url') !== signature) return false;
      return verify(digestOf(algorithm), Buffer.from(data), signatureOptions(publicKey), bytes);
    },
  };
}

/** The algorithm that goes with a kind of key; each kind has one. */
export function algorithmOf(kid: string, key: KeyObject): SignatureAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new RangeError(`The key ${kid} must be Ed25519, EC on P-256, or RSA of at least 2048 bits`);
}

function readPrivateKey(kid: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's message is of no help, and it must not quote the key.
    throw new RangeError(`The key ${kid} must be an unencrypted private key in PEM (PKCS#8)`);
  }
}

function digestOf(algorithm: SignatureAlgorithm): 'sha256' | null {
  return algorithm === 'EdDSA' ? null : 'sha256';
}

function signatureOptions(key: KeyObject) {
  // JWS has ECDSA signatures as two plain numbers (RFC 7518, 3.4), not in DER. The other kinds do not look at this.
  return { key, dsaEncoding: 'ieee-p1363' as const };
}

/** When the key of a `kid` begins to sign, in ms since 1970; `-Infinity` if its name has no time. */
export function activationTime(kid: string): number {
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-|$)/.exec(kid);
  if (!time) return -Infinity;
  const [, year, month, day, hour, minute, second] = time.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** For sorting; the difference of two `-Infinity` is not a number. */
export function compareTimes(a: number, b: number): number {
  return Number(a > b) - Number(a < b);
}
