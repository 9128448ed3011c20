import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { KeyDirectory, kidAt, pass, pem } from '../../../../test/support/signing-keys.js';
import type { SignatureAlgorithm } from '../../../settings/astra-options.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { AccessTokens } from '../access-tokens.js';
import { Keyring } from './keyring.js';
import { secretSigningKey } from './signing-key.js';

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
const grant = { ...holder, methods: ['pwd'], proofAge: 0, ttl: 900 };

const rings: Keyring[] = [];
afterEach(() => {
  for (const ring of rings.splice(0)) ring.onApplicationShutdown();
});
const keys = new KeyDirectory();

function open(algorithm: SignatureAlgorithm = 'EdDSA'): { ring: Keyring; tokens: AccessTokens } {
  const settings = new AuthSettings({
    ...{ secretKey, algorithm, accessTokenTtl: ttl },
    jwtPrivateKeysDir: keys.path,
  });
  const ring = new Keyring(settings);
  rings.push(ring);
  return { ring, tokens: new AccessTokens(settings, ring, new JwtService()) };
}

const kids = (keys: { kid: string }[]) => keys.map(({ kid }) => kid);

describe('a keyring', () => {
  it('signs with the newest key whose time has come, and publishes the next one', async () => {
    const [old, current, next] = [
      await keys.add(kidAt(-100)),
      await keys.add(kidAt(-5)),
      await keys.add(kidAt(60)),
    ];
    const { ring } = open();
    expect(ring.signing().kid).toBe(current);
    expect(kids(ring.published())).toEqual([old, current, next]);
  });

  it('signs with the next key if no time has come, and from the start with one that names no time', async () => {
    await keys.add(kidAt(120));
    const first = await keys.add(kidAt(60));
    expect(open().ring.signing().kid).toBe(first);
    await keys.add('mine');
    expect(open().ring.signing().kid).toBe('mine');
  });

  it('knows a key until the last token that it signed has ended, with all that clocks may differ', async () => {
    jest.setSystemTime(new Date('2026-11-22T10:15:00Z'));
    const [first, second, third] = [kidAt(-5000), kidAt(-ttl - 30), kidAt(-100)];
    for (const kid of [first, second, third]) await keys.add(kid);
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
    const [, now] = [await keys.add(kidAt(-100)), await keys.add(kidAt(0))];
    expect(open().ring.signing().kid).toBe(now);
  });

  it('has an order of keys also where their names tell no time', async () => {
    for (const kid of ['b', 'c', 'a']) await keys.add(kid);
    expect(kids(open().ring.published())).toEqual(['a', 'b', 'c']);
    expect(open().ring.signing().kid).toBe('c');
  });

  it('without a time in its name verifies until it is removed, whatever comes beside it', async () => {
    const first = await keys.add('a');
    const { tokens, ring } = open();
    const token = tokens.issue(grant);
    for (const kid of ['b', kidAt(-2 * ttl), kidAt(0)]) {
      await keys.add(kid);
      pass(5);
      expect(ring.signing().kid).toBe(kid);
      expect(tokens.verify(token)).toMatchObject(holder);
      expect(kids(ring.published())).toContain(first);
    }
    expect(ring.removals).toBe(0);
    await rm(join(keys.path, 'a.pem'));
    pass(5);
    expect(ring.find(first)).toBeUndefined();
    expect(tokens.verify(token)).toBeNull();
    expect(ring.removals).toBe(1);
  });

  it('that was replaced under the same name counts as removed', async () => {
    await keys.add('mine');
    const { ring } = open();
    await writeFile(join(keys.path, 'mine.pem'), pem(generateKeyPairSync('ed25519')));
    pass(5);
    expect(ring.removals).toBe(1);
    pass(5);
    expect(ring.removals).toBe(1);
  });

  it('takes keys of its algorithm only, from files that end in .pem', async () => {
    const kid = await keys.add('mine', 'ES256');
    await keys.add('theirs', 'RS256');
    await writeFile(join(keys.path, 'notes.txt'), 'no key');
    expect(kids(open('ES256').ring.published())).toEqual([kid]);
    expect(() => open('EdDSA')).toThrow(
      new RangeError('JWT_PRIVATE_KEYS_DIR contains no key for EdDSA. Create one with "astra rotate-keys"'),
    );
  });

  it('looks for a key that a token names, but not all the time', async () => {
    await keys.add(kidAt(-100));
    const { tokens, ring } = open();
    const late = await keys.add(kidAt(-10));
    const foreign = open().tokens.issue(grant);
    pass(0.999);
    expect(tokens.verify(foreign)).toBeNull();
    pass(0.001);
    expect(tokens.verify(foreign)).toMatchObject(holder);
    expect(ring.signing().kid).toBe(late);

    const later = await keys.add(kidAt(-5));
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
    await keys.add('mine');
    const { ring } = open();
    const next = await keys.add(kidAt(0));
    pass(4.999);
    expect(kids(ring.published())).toEqual(['mine']);
    pass(0.001);
    expect(kids(ring.published())).toEqual(['mine', next]);
    ring.onApplicationShutdown();
    await keys.add(kidAt(10));
    pass(20);
    expect(kids(ring.published())).toEqual(['mine', next]);
  });

  it('keeps its keys when it finds what it cannot use, and says so', async () => {
    const kid = await keys.add('mine');
    const { ring } = open();
    await writeFile(join(keys.path, 'broken.pem'), 'no key');
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
