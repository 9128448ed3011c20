import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyDirectory, kidAt, pass } from '../../../../test/support/signing-keys.js';
import { rotateKeys } from './rotate-keys.js';
import { activationTime } from './signing-key.js';

const { jest } = import.meta;

const ttl = 900;
const keys = new KeyDirectory();

describe('a rotation', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)(
    'makes a key of %s for later, for its owner only',
    async (algorithm) => {
      const asked = Date.now();
      const folder = join(keys.path, 'keys');
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
    await keys.add('a');
    await keys.add('b');
    const rotate = () =>
      rotateKeys({ directory: keys.path, algorithm: 'EdDSA', signAfter: 0, accessTokenTtl: ttl });
    expect((await rotate()).removed).toEqual([]);
    pass(ttl + 30);
    expect((await rotate()).removed).toEqual([]);
    pass(1);
    expect((await rotate()).removed).toEqual(['a', 'b']);
  });

  it('removes keys whose last token has ended, and nothing else', async () => {
    jest.setSystemTime(new Date('2026-11-22T10:15:00Z'));
    const [older, old, last] = ['named.otherwise', kidAt(-5000), kidAt(-ttl - 30)];
    for (const kid of [older, old, last]) await keys.add(kid);
    await writeFile(join(keys.path, 'notes.txt'), '');
    const rotate = () =>
      rotateKeys({ directory: keys.path, algorithm: 'EdDSA', signAfter: 0, accessTokenTtl: ttl });
    expect((await rotate()).removed).toEqual([older]);
    pass(0.001);
    expect((await rotate()).removed).toEqual([old]);
    expect((await rotate()).removed).toEqual([]);
    expect(await readdir(keys.path)).toEqual(expect.arrayContaining([`${last}.pem`, 'notes.txt']));
    expect(await readdir(keys.path)).toHaveLength(5);
  });
});
