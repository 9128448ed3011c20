/** Prime of the field of edwards25519 (RFC 8032, 5.1). */
const P = 2n ** 255n - 19n;
/** Constant `d` of the curve. */
const D = modulo(-121665n * power(121666n, P - 2n));

/**
 * Returns whether a public key is a point of edwards25519 in its only encoding (RFC 8032, 5.1.3), and not of small
 * order, for which anybody can sign. OpenSSL accepts any 32 bytes.
 */
export function isOnEd25519(key: Uint8Array): boolean {
  const encoded = BigInt(`0x${Buffer.from(key).reverse().toString('hex')}`);
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P || y <= 1n || y === P - 1n) return false;
  const yy = modulo(y * y);
  const xx = modulo((yy - 1n) * power(modulo(D * yy + 1n), P - 2n));
  // Of order 8: the double of such a point is (±√-1, 0), which the formula of doubling gives for x² = -y² only.
  if (xx === modulo(-yy)) return false;
  // Euler's criterion: whether there is an x.
  return power(xx, (P - 1n) / 2n) === 1n;
}

/** Returns the remainder as a member of the field, which has no negative numbers. */
function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

/** Returns a power by squaring; to the power of `P - 2`, it is the inverse (Fermat). Public keys need no constant time. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let factor = modulo(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = modulo(result * factor);
    factor = modulo(factor * factor);
  }
  return result;
}
