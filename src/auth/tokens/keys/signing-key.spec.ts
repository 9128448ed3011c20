import { generateKeyPairSync, verify } from 'node:crypto';
import { pairs, pem } from '../../../../test/support/signing-keys.js';
import { activationTime, compareTimes, privateSigningKey, secretSigningKey } from './signing-key.js';

const secretKey = 'a secret key for tests, of enough bytes';

describe('a signing key', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)(
    'of %s signs what it verifies, in one spelling',
    (algorithm) => {
      const key = privateSigningKey('mine', pem(pairs[algorithm]));
      expect(key.algorithm).toBe(algorithm);
      const signature = key.sign('data');
      expect(key.verify('data', signature)).toBe(true);
      expect(key.verify('date', signature)).toBe(false);
      expect(key.verify('data', `${signature}=`)).toBe(false);
      expect(key.jwk).toEqual({
        ...pairs[algorithm].publicKey.export({ format: 'jwk' }),
        ...{ kid: 'mine', alg: algorithm, use: 'sig' },
      });
      const options = { key: pairs[algorithm].publicKey, dsaEncoding: 'ieee-p1363' as const };
      const digest = algorithm === 'EdDSA' ? null : 'sha256';
      expect(verify(digest, Buffer.from('data'), options, Buffer.from(signature, 'base64url'))).toBe(true);
    },
  );

  it('of a secret has a name that is always the same, and another for another secret', () => {
    const key = secretSigningKey(secretKey);
    // With another name, the tokens of before an update would be refused after it.
    expect(key.kid).toBe('SX7LYYUbNS8p');
    expect(secretSigningKey(`${secretKey}!`).kid).not.toBe(key.kid);
    const signature = key.sign('data');
    expect(key.verify('data', signature)).toBe(true);
    expect(key.verify('date', signature)).toBe(false);
    expect(key.verify('data', `${signature}=`)).toBe(false);
    expect(key.verify('data', `${signature.slice(0, -1)}ä`)).toBe(false);
  });

  it.each([
    ['RSA of 1024 bits', () => pem(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    ['another curve', () => pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['RSA for PSS only', () => pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }))],
    ['Ed448', () => pem(generateKeyPairSync('ed448'))],
    ['X25519', () => pem(generateKeyPairSync('x25519'))],
  ])('is none of %s', (_, make) => {
    expect(() => privateSigningKey('mine', make())).toThrow(
      new RangeError('The key mine must be Ed25519, EC on P-256, or RSA of at least 2048 bits'),
    );
  });

  it.each([
    ['a public key', pairs.EdDSA.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['a text', 'secret'],
  ])('is none of %s, and what it is of is not repeated', (_, text) => {
    expect(() => privateSigningKey('mine', text)).toThrow(
      new RangeError('The key mine must be an unencrypted private key in PEM (PKCS#8)'),
    );
  });

  it.each([
    ['20261122T101500Z', Date.UTC(2026, 10, 22, 10, 15)],
    ['20261122T101559Z-5f2c', Date.UTC(2026, 10, 22, 10, 15, 59)],
    ['20261122T101500Zx', -Infinity],
    ['x20261122T101500Z', -Infinity],
    ['20261122', -Infinity],
  ])('named %s signs from %d on', (kid, time) => {
    expect(activationTime(kid)).toBe(time);
  });
});

it.each([
  [1, 2, -1],
  [2, 1, 1],
  [1, 1, 0],
  [-Infinity, -Infinity, 0],
])('compares the times %d and %d', (a, b, order) => {
  expect(compareTimes(a, b)).toBe(order);
});
