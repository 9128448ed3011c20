import { type AsymmetricKeyDetails, createPublicKey, type JsonWebKey } from 'node:crypto';
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { isOnEd25519 } from './ed25519.js';
import { PasskeyRefusal } from './passkey-refusal.js';

/** Limits for an RSA modulus in bits: below it is breakable (NIST SP 800-57), above it only costs time. */
const RSA_BITS = { min: 2_048, max: 4_096 };

/**
 * Verifies that a public key in COSE format (RFC 9052, 7) can verify signatures of an offered algorithm. The library
 * notices only at the first sign-in that a key is not on its curve.
 *
 * @throws {PasskeyRefusal} if it cannot.
 */
export function assertUsableKey(bytes: Uint8Array<ArrayBuffer>): void {
  const key = decodeCredentialPublicKey(bytes) as Map<number, unknown>;
  const { kty, alg, crv, x, y, n, e } = cose.COSEKEYS;
  switch (key.get(alg)) {
    case -7:
      if (key.get(kty) !== 2 || key.get(crv) !== 1) throw new PasskeyRefusal('its key is not one of P-256');
      assertReadable({ kty: 'EC', crv: 'P-256', x: textOf(key.get(x), 32), y: textOf(key.get(y), 32) });
      return;
    case -8:
      if (key.get(kty) !== 1 || key.get(crv) !== 6) throw new PasskeyRefusal('its key is not one of Ed25519');
      if (!isOnEd25519(Buffer.from(textOf(key.get(x), 32), 'base64url')))
        throw new PasskeyRefusal('its key is not on its curve');
      return;
    case -257:
      // In an RSA key, the labels of `crv` and `x` mean the modulus and the exponent (RFC 8230, 4).
      if (key.get(kty) !== 3) throw new PasskeyRefusal('its key is not one of RSA');
      assertReadable({ kty: 'RSA', n: textOf(key.get(n)), e: textOf(key.get(e)) });
      return;
    default:
      throw new PasskeyRefusal('its algorithm was not offered');
  }
}

/** Smallest exponent of an RSA key (RFC 8017, 3.1). */
const RSA_MIN_EXPONENT = 3n;

/** OpenSSL rejects points that are not on their curve, and the point at infinity. */
function assertReadable(jwk: JsonWebKey): void {
  let details: AsymmetricKeyDetails | undefined;
  try {
    details = createPublicKey({ format: 'jwk', key: jwk }).asymmetricKeyDetails;
  } catch (cause) {
    throw new PasskeyRefusal('its key is not usable', { cause });
  }
  const { modulusLength: bits, publicExponent = RSA_MIN_EXPONENT } = details ?? {};
  // To the power of 1, anybody can sign; an even exponent has no inverse.
  if (publicExponent < RSA_MIN_EXPONENT || publicExponent % 2n === 0n)
    throw new PasskeyRefusal('its exponent is not usable');
  if (bits !== undefined && (bits < RSA_BITS.min || bits > RSA_BITS.max))
    throw new PasskeyRefusal(`its key has ${bits} bits`);
}

/** @param length - In bytes. Default any but 0. */
function textOf(value: unknown, length?: number): string {
  const fits = value instanceof Uint8Array && value.length > 0 && (length ?? value.length) === value.length;
  if (!fits) throw new PasskeyRefusal('its key is cut short');
  return Buffer.from(value).toString('base64url');
}
