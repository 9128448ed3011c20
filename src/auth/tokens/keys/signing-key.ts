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
import type { SignatureAlgorithm } from '../../../settings/astra-options.js';

/** Key that verifies signatures, for one algorithm only, regardless of the header of a token (RFC 8725, 3.1). */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  /**
   * Verifies a signature.
   *
   * @param signature - As in the token, in base64url.
   */
  verify(data: string, signature: string): boolean;
}

/** Key that also signs. */
export interface SigningKey extends VerificationKey {
  /** Time from which it signs, in ms since 1970; until then it is only published. `-Infinity`: always. */
  readonly signsFrom: number;
  /** Secret or private key. A KeyObject, created once: a string would be parsed as PEM at each call. */
  readonly key: KeyObject;
  /** Returns the signature in base64url. */
  sign(data: string): string;
  /** Public key for the JWK set (RFC 7517); `undefined` for a secret. */
  readonly jwk?: JsonWebKey;
}

/** Returns the HS256 key of a secret. Its `kid` is derived with HKDF and reveals nothing about the secret. */
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
      // Compared as text, because decoding accepts several spellings of one signature.
      return isEqual(Buffer.from(mac(data)), Buffer.from(signature));
    },
  };
}

/**
 * Reads a private key of the key directory.
 *
 * @param kid - File name without `.pem`. A name that starts with a time, such as `20261122T101500Z-…` from
 *   `rotate-keys`, signs from then on; any other from the start.
 * @param pem - PKCS#8: Ed25519, EC on P-256, or RSA with at least 2048 bits.
 * @throws {RangeError} if it is another kind of key.
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

/** Returns a verification key of a JWK set. */
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

/**
 * Returns the algorithm of a key; each supported kind of key has exactly one.
 *
 * @throws {RangeError} if it is another kind of key.
 */
export function algorithmOf(kid: string, key: KeyObject): SignatureAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new RangeError(`The key ${kid} must be Ed25519, EC on P-256, or RSA of at least 2048 bits`);
}

/**
 * Parses a private key.
 *
 * @throws {RangeError} if it is encrypted or not PEM.
 */
function readPrivateKey(kid: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's message does not help, and must not quote the key.
    throw new RangeError(`The key ${kid} must be an unencrypted private key in PEM (PKCS#8)`);
  }
}

/** Returns the digest that Node.js should apply; Ed25519 hashes by itself. */
function digestOf(algorithm: SignatureAlgorithm): 'sha256' | null {
  return algorithm === 'EdDSA' ? null : 'sha256';
}

function signatureOptions(key: KeyObject) {
  // JWS encodes ECDSA signatures as two numbers (RFC 7518, 3.4), not in DER. Other algorithms ignore this option.
  return { key, dsaEncoding: 'ieee-p1363' as const };
}

/** Returns the time from which a key signs, in ms since 1970; `-Infinity` if its name contains none. */
export function activationTime(kid: string): number {
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-|$)/.exec(kid);
  if (!time) return -Infinity;
  const [, year, month, day, hour, minute, second] = time.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Compares for sorting. A subtraction would give NaN for two `-Infinity`. */
export function compareTimes(a: number, b: number): number {
  return Number(a > b) - Number(a < b);
}
