import { randomBytes } from 'node:crypto';
import type { AstraOptions } from './astra-options.js';
import type { Features } from './module-options.js';
import type { PasswordRule } from './password-rule.js';
import type { RolesOption } from './roles-option.js';
import { AuthSettings } from './auth-settings.js';
import { settings } from '../env/settings/settings.js';

const secretKey = '0123456789abcdef0123456789abcdef';

describe('AuthSettings', () => {
  it('needs a secret key only, and fills in the rest', () => {
    expect(new AuthSettings({ secretKey })).toMatchObject({
      secretKey,
      algorithm: 'HS256',
      issuer: 'astra',
      audience: 'astra',
      accessTokenTtl: 900,
      sessionIdleTtl: 604_800,
      sessionMaxTtl: 2_592_000,
      refreshReuseGrace: 10,
      sessionsPerUser: 20,
      passwordHash: 'argon2id',
      passwordPolicy: 'classic',
      emailVerification: 'optional',
      registrationPrivacy: 'open',
      emailVerificationTtl: 86_400,
      passwordResetTtl: 1800,
      emailChangeTtl: 3600,
    });
  });

  it('asks nobody to verify an address where there is no mail', () => {
    const { emailVerification, features } = new AuthSettings({ secretKey, features: { mail: false } });
    expect(emailVerification).toBe('off');
    expect(features).toEqual({
      ...{ registration: true, mail: false, roleDemo: false, discovery: true, secondFactor: true },
      ...{
        admin: true,
        pages: false,
        devMail: false,
        passkeys: true,
        providers: true,
        emailCode: false,
        passwordless: false,
      },
      ...{ webhooks: false, console: false },
      apiKeys: true,
    });
  });

  it('takes what it is given', () => {
    const options = { secretKey, issuer: 'me', accessTokenTtl: 60, refreshReuseGrace: 0, sessionsPerUser: 1 };
    expect(new AuthSettings(options)).toMatchObject(options);
  });

  it.each<[string, Partial<AstraOptions>]>([
    ['secretKey must have at least 32 bytes', { secretKey: 'canary' }],
    ['secretKey must have at least 32 bytes', { secretKey: undefined }],
    ...[undefined, null, ''].map((nothing): [string, Partial<AstraOptions>] => [
      ', but is missing',
      { secretKey: nothing as string },
    ]),
    ['previousSecretKeys must have at least 32 bytes', { previousSecretKeys: [secretKey, 'canary'] }],
    ['algorithm must be one of: HS256, ', { algorithm: 'canary' as 'HS256' }],
    ['jwtPrivateKeysDir must name', { algorithm: 'EdDSA' }],
    ['accessTokenTtl must be a whole number from 1 to 86400', { accessTokenTtl: 0 }],
    ['accessTokenTtl must be a whole number from 1 to 86400', { accessTokenTtl: 86_401 }],
    ['accessTokenTtl must be a whole number', { accessTokenTtl: 1.5 }],
    ['accessTokenTtl must be a whole number', { accessTokenTtl: Number.NaN }],
    ['accessTokenTtl must be a whole number', { accessTokenTtl: '900' as unknown as number }],
    ['sessionIdleTtl must be a whole number from 60 to 3600', { sessionIdleTtl: 3601, sessionMaxTtl: 3600 }],
    ['refreshReuseGrace must be a whole number from 0 to 30', { refreshReuseGrace: 31 }],
    ['sessionsPerUser must be a whole number from 1 to 1000', { sessionsPerUser: 0 }],
    ['passwordHash must be one of: argon2id, pbkdf2-sha256', { passwordHash: 'canary' as 'argon2id' }],
    ['passwordPolicy must be one of: classic, nist', { passwordPolicy: 'canary' as 'nist' }],
    ['passwordRule must be a function', { passwordRule: 'canary' as unknown as PasswordRule }],
    ['emailVerification must be one of: optional, required, off', { emailVerification: 'canary' as 'off' }],
    ['registrationPrivacy must be one of: open, strict', { registrationPrivacy: 'canary' as 'open' }],
    ['emailVerificationTtl must be a whole number from 60 to 2592000', { emailVerificationTtl: 59 }],
    ['passwordResetTtl must be a whole number from 60 to 86400', { passwordResetTtl: 86_401 }],
    [
      'roles: the name of a role must have 1 to 20 of a-z, 0-9, _ and -',
      { roles: { 'Über-editor': [] } as RolesOption },
    ],
    ['roles.admin must be a list of permissions', { roles: { admin: 'canary' as unknown as [] } }],
    ['roles.admin must be a list of permissions', { roles: { admin: [''] as unknown as [] } }],
    ['features has no "sessions", only: registration, mail', { features: { sessions: true } as Features }],
    ['features.mail must be true or false', { features: { mail: 'canary' as unknown as boolean } }],
    [
      'emailVerification must be off where features.mail is false',
      { features: { mail: false }, emailVerification: 'optional' },
    ],
    [
      'registrationPrivacy must be open where features.mail is false',
      { features: { mail: false }, registrationPrivacy: 'strict' },
    ],
    [
      'registrationPrivacy must be open where emailVerification is off',
      { registrationPrivacy: 'strict', emailVerification: 'off' },
    ],
    ['mail must be left out where features.mail is false', { features: { mail: false }, mail: {} }],
    ['emailChangeTtl must be a whole number from 60 to 86400', { emailChangeTtl: 0 }],
  ])('says that %s, and not what was given', (sentence, options) => {
    const make = () => new AuthSettings({ secretKey, ...options });
    expect(make).toThrow(RangeError);
    expect(make).toThrow(sentence);
    expect(make).not.toThrow(/canary/);
  });

  it.each([
    ['FastAPI’s', '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'],
    ['jwt.io’s', 'a-string-secret-at-least-256-bits-long'],
    ['that of .env.example', settings.SECRET_KEY.example],
    ['a placeholder', 'CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME'],
    ['a placeholder in words', 'This is an example, please replace me!'],
  ])('takes %s secret for none of the keys, unless it is told to', (_, example) => {
    const places: Record<string, AstraOptions> = {
      secretKey: { secretKey: example },
      previousSecretKeys: { secretKey, previousSecretKeys: [example] },
    };
    for (const [name, options] of Object.entries(places)) {
      expect(() => new AuthSettings(options)).toThrow(`${name} must not be an example`);
      expect(new AuthSettings({ ...options, allowExampleSecrets: true }).secretsAreGuessable).toBe(true);
    }
  });

  it.each(['x'.repeat(32), 'abcdefgh'.repeat(4)])('warns of %s, which can be guessed', (guessable) => {
    expect(new AuthSettings({ secretKey: guessable }).secretsAreGuessable).toBe(true);
    const random = randomBytes(32).toString('base64');
    expect(new AuthSettings({ secretKey: random }).secretsAreGuessable).toBe(false);
  });

  it('counts bytes, not letters', () => {
    expect(new AuthSettings({ secretKey: 'ü'.repeat(16) }).secretKey).toHaveLength(16);
    expect(() => new AuthSettings({ secretKey: 'ü'.repeat(15) })).toThrow(RangeError);
  });
});
