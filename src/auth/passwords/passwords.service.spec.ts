import { Test } from '@nestjs/testing';
import { availableParallelism } from 'node:os';
import type { PasswordScheme } from '../../settings/astra-options.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { HashQueueFullError } from './hashing/hash-queue.js';
import { hashSchemes } from './hashing/password-hash.js';
import { PasswordsService } from './passwords.service.js';

const { jest } = import.meta;

const imported = {
  passlib: '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro',
  django: 'pbkdf2_sha256$29000$abcdefghijkl$sKkQC6TEOdXtNSRukAf6UOkHWiyyMPjJmwwnjFVtvp4=',
};

async function serviceWith(passwordHash: PasswordScheme): Promise<PasswordsService> {
  const settings = new AuthSettings({ secretKey: 'only for this test, never elsewhere', passwordHash });
  const module = await Test.createTestingModule({
    providers: [PasswordsService, { provide: AuthSettings, useValue: settings }],
  }).compile();
  return module.get(PasswordsService);
}

describe('PasswordsService', () => {
  let argon2id: PasswordsService;
  let pbkdf2: PasswordsService;

  beforeAll(async () => {
    argon2id = await serviceWith('argon2id');
    pbkdf2 = await serviceWith('pbkdf2-sha256');
  });

  it('hashes by the scheme of the settings', async () => {
    await expect(argon2id.hash('Test1234')).resolves.toMatch(/^\$argon2id\$/);
    await expect(pbkdf2.hash('Test1234')).resolves.toMatch(/^\$pbkdf2-sha256\$/);
  });

  it('leaves a hash of today as it is', async () => {
    for (const service of [argon2id, pbkdf2]) {
      const stored = await service.hash('Test1234');
      await expect(service.verify('Test1234', stored)).resolves.toEqual({
        matches: true,
        needsRehash: false,
      });
      await expect(service.verify('Test12345', stored)).resolves.toEqual({
        matches: false,
        needsRehash: false,
      });
    }
  });

  it.each(Object.entries(imported))('wants a matching hash of %s made again', async (_, stored) => {
    for (const service of [argon2id, pbkdf2]) {
      await expect(service.verify('Test1234', stored)).resolves.toEqual({ matches: true, needsRehash: true });
      await expect(service.verify('Test12345', stored)).resolves.toEqual({
        matches: false,
        needsRehash: false,
      });
    }
  });

  it('wants a hash made again after the setting has changed', async () => {
    await expect(argon2id.verify('Test1234', await pbkdf2.hash('Test1234'))).resolves.toMatchObject({
      needsRehash: true,
    });
    await expect(pbkdf2.verify('Test1234', await argon2id.hash('Test1234'))).resolves.toMatchObject({
      needsRehash: true,
    });
  });

  it('wants a hash of the same scheme at another cost made again', async () => {
    const cheaper =
      '$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1FdK0EzsiU+0zc/PNiPgURD1YOMbAbtN7CWuovSL3K4';
    await expect(argon2id.verify('Test1234', cheaper)).resolves.toEqual({ matches: true, needsRehash: true });
  });

  it.each([
    ['no stored hash', null],
    ['a malformed hash', 'Test1234'],
    ['a malformed hash of today', '$argon2id$v=19$m=19456,t=2,p=1$'],
  ])('matches nothing against %s', async (_, stored) => {
    for (const password of ['', 'Test1234']) {
      await expect(argon2id.verify(password, stored)).resolves.toEqual({
        matches: false,
        needsRehash: false,
      });
    }
  });

  describe('spends, so that the time tells nothing,', () => {
    let service: PasswordsService;
    /** Steps of each time, or a whole hash. */
    let spent: (number | 'whole')[];
    beforeEach(async () => {
      service = await serviceWith('argon2id');
      spent = [];
      const spend = hashSchemes.argon2id.spend;
      jest.spyOn(hashSchemes.argon2id, 'spend').mockImplementation((steps) => {
        spent.push(steps ?? 'whole');
        return spend(steps);
      });
    });
    afterEach(() => jest.restoreAllMocks());

    it.each([
      ['no stored hash', null],
      ['a malformed hash', 'Test1234'],
    ])('a whole hash on %s', async (_, stored) => {
      await service.verify('Test1234', stored);
      expect(spent).toEqual(['whole']);
    });

    it('nothing on a hash of today, whether it matches or not', async () => {
      const stored = await service.hash('Test1234');
      await service.verify('Test1234', stored);
      await service.verify('Test12345', stored);
      expect(spent).toEqual([]);
    });

    it('on an imported hash what it lacks of one of today, whether it matches or not', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
      /** Has each hash take so many milliseconds. */
      const takes = (ms: number) => jest.spyOn(performance, 'now').mockImplementation(() => (now += ms));
      let now = 1_000;
      // Not known yet how long one of today takes: a whole one, to be sure.
      await service.verify('Test1234', imported.passlib);
      takes(40);
      await service.hash('Test1234');
      takes(10);
      await service.verify('Test1234', imported.passlib);
      await service.verify('Test12345', imported.django);
      // The time of one of today follows the load, by an eighth of the difference.
      takes(120);
      await service.hash('Test1234');
      takes(10);
      await service.verify('Test1234', imported.passlib);
      // 30 ms, the first 10 of them in steps whose time is not known yet; again; and 40 ms. All steps of a time take 10 ms.
      expect(spent).toEqual(['whole', 16, 32, 51, 74]);

      takes(50);
      await service.verify('Test1234', imported.passlib);
      takes(60);
      await service.verify('Test1234', imported.passlib);
      expect(spent).toHaveLength(5);
      jest.useRealTimers();
    });
  });

  it.each([
    [undefined, ['body', 'password']],
    [
      ['body', 'new_password'],
      ['body', 'new_password'],
    ],
  ])('says all that speaks against a new password, and where it stood: %j', async (given, loc) => {
    const refused = argon2id.assertAcceptable('letmein', { username: 'letmein' }, given);
    await expect(refused).rejects.toMatchObject({
      status: 422,
      errors: ['too_short', 'needs_upper', 'needs_digit', 'too_common', 'is_personal'].map((reason) => ({
        loc,
        code: `password_${reason}`,
        msg: expect.any(String),
      })),
    });
    await expect(argon2id.assertAcceptable('Analytical1', { username: 'ada' })).resolves.toBeUndefined();
  });

  it('gives each hash and each check one place in a bounded queue', async () => {
    const places = 17 * availableParallelism();
    const burst = [
      ...Array.from({ length: places - 1 }, () => argon2id.verify('Test1234', null)),
      argon2id.hash('Test1234'),
      argon2id.verify('Test1234', null),
      argon2id.hash('Test1234'),
    ];
    const outcomes = await Promise.allSettled(burst);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array.from({ length: places }, () => 'fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(outcomes.at(-1)).toHaveProperty('reason', expect.any(HashQueueFullError));
    await expect(argon2id.verify('Test1234', null)).resolves.toMatchObject({ matches: false });
  });
});
