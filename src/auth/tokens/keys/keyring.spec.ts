import { generateKeyPairSync, type KeyObject, randomUUID, verify } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { SignatureAlgorithm } from '../../../settings/auth-options.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { AccessTokens } from '../access-tokens.js';
import { Keyring } from './keyring.js';
import { rotateKeys } from './rotate-keys.js';
import { activationTime, compareTimes, privateSigningKey, secretSigningKey } from './signing-key.js';

const { jest } = import.meta;

const secretKey = 'a secret key for tests, of enough bytes';
const ttl = 900;
const holder = {
  userId: randomUUID(),
  sessionId: randomUUID(),
  sessionGeneration: 4,
  role: 'user' as const,
  accessGeneration: 0,
};
const grant = { ...holder, ttl: 900 };

const pem = ({ privateKey }: { privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pairs = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

let directory: string;
const rings: Keyring[] = [];
beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  directory = await mkdtemp(join(tmpdir(), 'astra-keyring-'));
});
afterEach(async () => {
  for (const ring of rings.splice(0)) ring.onApplicationShutdown();
  await rm(directory, { recursive: true });
  jest.useRealTimers();
});

/** Lets time pass, in seconds. */
const pass = (seconds: number) => jest.advanceTimersByTime(seconds * 1000);

/** The name of a key that signs from so many seconds from now on. */
const kidAt = (seconds: number) =>
  `${new Date(Date.now() + seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '')}-key`;

async function addKey(kid: string, algorithm: keyof typeof pairs = 'EdDSA'): Promise<string> {
  await writeFile(join(directory, `${kid}.pem`), pem(pairs[algorithm]));
  return kid;
}

function open(algorithm: SignatureAlgorithm = 'EdDSA'): { ring: Keyring; tokens: AccessTokens } {
  const settings = new AuthSettings({
    ...{ secretKey, algorithm, accessTokenTtl: ttl },
    jwtPrivateKeysDir: directory,
  });
  const ring = new Keyring(settings);
  rings.push(ring);
  return { ring, tokens: new AccessTokens(settings, ring, new JwtService()) };
}

const kids = (keys: { kid: string }[]) => keys.map(({ kid }) => kid);

describe('a keyring', () => {
  it('signs with the newest key whose time has come, and publishes the next one', async () => {
    const [old, current, next] = [
      await addKey(kidAt(-100)),
      await addKey(kidAt(-5)),
      await addKey(kidAt(60)),
    ];
    const { ring } = open();
    expect(ring.signing().kid).toBe(current);
    expect(kids(ring.published())).toEqual([old, current, next]);
  });

  it('signs with the next key if no time has come, and from the start with one that names no time', async () => {
    await addKey(kidAt(120));
    const first = await addKey(kidAt(60));
    expect(open().ring.signing().kid).toBe(first);
    await addKey('mine');
    expect(open().ring.signing().kid).toBe('mine');
  });

  it('knows a key until the last token that it signed has ended, with all that clocks may differ', async () => {
    jest.setSystemTime(new Date('2026-11-22T10:15:00Z'));
    const [first, second, third] = [kidAt(-5000), kidAt(-ttl - 30), kidAt(-100)];
    for (const kid of [first, second, third]) await addKey(kid);
    const { ring } = open();
    expect(kids(ring.published())).toEqual([first, second, third]);
    expect(ring.find(first)?.kid).toBe(first);
    expect(ring.find('another')).toBeUndefined();
    pass(0.001);
    expect(kids(ring.published())).toEqual([second, third]);
    expect(ring.find(first)).toBeUndefined();
    expect(ring.find(second)?.kid).toBe(second);
  });

  it('signs with a key from the first moment that its name says', async () => {
    jest.setSystemTime(new Date('2026-11-22T10:15:00Z'));
    const [, now] = [await addKey(kidAt(-100)), await addKey(kidAt(0))];
    expect(open().ring.signing().kid).toBe(now);
  });

  it('has an order of keys also where their names tell no time', async () => {
    for (const kid of ['b', 'c', 'a']) await addKey(kid);
    expect(kids(open().ring.published())).toEqual(['a', 'b', 'c']);
    expect(open().ring.signing().kid).toBe('c');
  });

  it('without a time in its name verifies until it is removed, whatever comes beside it', async () => {
    const first = await addKey('a');
    const { tokens, ring } = open();
    const token = tokens.issue(grant);
    for (const kid of ['b', kidAt(-2 * ttl), kidAt(0)]) {
      await addKey(kid);
      pass(5);
      expect(ring.signing().kid).toBe(kid);
      expect(tokens.verify(token)).toMatchObject(holder);
      expect(kids(ring.published())).toContain(first);
    }
    expect(ring.removals).toBe(0);
    await rm(join(directory, 'a.pem'));
    pass(5);
    expect(ring.find(first)).toBeUndefined();
    expect(tokens.verify(token)).toBeNull();
    expect(ring.removals).toBe(1);
  });

  it('that was replaced under the same name counts as removed', async () => {
    await addKey('mine');
    const { ring } = open();
    await writeFile(join(directory, 'mine.pem'), pem(generateKeyPairSync('ed25519')));
    pass(5);
    expect(ring.removals).toBe(1);
    pass(5);
    expect(ring.removals).toBe(1);
  });

  it('takes keys of its algorithm only, from files that end in .pem', async () => {
    const kid = await addKey('mine', 'ES256');
    await addKey('theirs', 'RS256');
    await writeFile(join(directory, 'notes.txt'), 'no key');
    expect(kids(open('ES256').ring.published())).toEqual([kid]);
    expect(() => open('EdDSA')).toThrow(
      new RangeError('JWT_PRIVATE_KEYS_DIR contains no key for EdDSA. Create one with "astra rotate-keys"'),
    );
  });

  it('looks for a key that a token names, but not all the time', async () => {
    await addKey(kidAt(-100));
    const { tokens, ring } = open();
    const late = await addKey(kidAt(-10));
    const foreign = open().tokens.issue(grant);
    pass(0.999);
    expect(tokens.verify(foreign)).toBeNull();
    pass(0.001);
    expect(tokens.verify(foreign)).toMatchObject(holder);
    expect(ring.signing().kid).toBe(late);

    const later = await addKey(kidAt(-5));
    expect(ring.mayHaveBecomeKnown(later)).toBe(false);
    pass(1);
    // Neither a key that is known nor a token that names none makes it look.
    expect(tokens.verify(`${foreign}x`)).toBeNull();
    expect(tokens.verify('a.b.c')).toBeNull();
    expect(ring.find(later)).toBeUndefined();
    expect(ring.mayHaveBecomeKnown('another')).toBe(false);
    expect(ring.find(later)?.kid).toBe(later);
  });

  it('looks for new keys every five seconds until it is shut down', async () => {
    await addKey('mine');
    const { ring } = open();
    const next = await addKey(kidAt(0));
    pass(4.999);
    expect(kids(ring.published())).toEqual(['mine']);
    pass(0.001);
    expect(kids(ring.published())).toEqual(['mine', next]);
    ring.onApplicationShutdown();
    await addKey(kidAt(10));
    pass(20);
    expect(kids(ring.published())).toEqual(['mine', next]);
  });

  it('keeps its keys when it finds what it cannot use, and says so', async () => {
    const kid = await addKey('mine');
    const { ring } = open();
    await writeFile(join(directory, 'broken.pem'), 'no key');
    const complaints = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    pass(1);
    expect(ring.mayHaveBecomeKnown('broken')).toBe(false);
    expect(ring.signing().kid).toBe(kid);
    expect(complaints).toHaveBeenCalledWith(
      'Could not reload the signing keys. Keeping the current ones: The key broken must be an unencrypted private key in PEM (PKCS#8)',
    );
    complaints.mockRestore();
  });

  it('of secrets publishes nothing, and looks nowhere', async () => {
    const ring = new Keyring(new AuthSettings({ secretKey, previousSecretKeys: [`${secretKey} of before`] }));
    expect(ring.published()).toEqual([]);
    expect(ring.signing().kid).toBe(secretSigningKey(secretKey).kid);
    expect(ring.find(secretSigningKey(`${secretKey} of before`).kid)).toBeDefined();
    pass(1);
    expect(ring.mayHaveBecomeKnown(ring.signing().kid)).toBe(false);
  });
});

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

describe('a rotation', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)(
    'makes a key of %s for later, for its owner only',
    async (algorithm) => {
      const asked = Date.now();
      const folder = join(directory, 'keys');
      const made = await rotateKeys({ directory: folder, algorithm, signAfter: 60, accessTokenTtl: ttl });
      expect(made).toEqual({
        kid: expect.stringMatching(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/),
        signsFrom: new Date(activationTime(made.kid)),
        removed: [],
      });
      expect(made.signsFrom.getTime()).toBeGreaterThanOrEqual(asked + 60_000);
      expect(made.signsFrom.getTime()).toBeLessThan(asked + 66_000);
      expect(await readdir(folder)).toEqual([`${made.kid}.pem`]);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, `${made.kid}.pem`))).mode & 0o777).toBe(0o600);
    },
  );

  it('leaves keys whose names tell no time until one that tells it has taken over from all of them', async () => {
    jest.setSystemTime(new Date('2026-11-22T10:15:00Z'));
    await addKey('a');
    await addKey('b');
    const rotate = () => rotateKeys({ directory, algorithm: 'EdDSA', signAfter: 0, accessTokenTtl: ttl });
    expect((await rotate()).removed).toEqual([]);
    pass(ttl + 30);
    expect((await rotate()).removed).toEqual([]);
    pass(1);
    expect((await rotate()).removed).toEqual(['a', 'b']);
  });

  it('removes keys whose last token has ended, and nothing else', async () => {
    jest.setSystemTime(new Date('2026-11-22T10:15:00Z'));
    const [older, old, last] = ['named.otherwise', kidAt(-5000), kidAt(-ttl - 30)];
    for (const kid of [older, old, last]) await addKey(kid);
    await writeFile(join(directory, 'notes.txt'), '');
    const rotate = () => rotateKeys({ directory, algorithm: 'EdDSA', signAfter: 0, accessTokenTtl: ttl });
    expect((await rotate()).removed).toEqual([older]);
    pass(0.001);
    expect((await rotate()).removed).toEqual([old]);
    expect((await rotate()).removed).toEqual([]);
    expect(await readdir(directory)).toEqual(expect.arrayContaining([`${last}.pem`, 'notes.txt']));
    expect(await readdir(directory)).toHaveLength(5);
  });
});
