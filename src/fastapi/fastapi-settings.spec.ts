import { randomBytes } from 'node:crypto';
import { settings } from '../env/settings/settings.js';
import type { AstraOptions } from '../settings/astra-options.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { FastapiSettings, type LegacyTokenOptions } from './fastapi-settings.js';

const secretKey = '0123456789abcdef0123456789abcdef';
const DAY = 24 * 60 * 60 * 1000;
const tomorrow = new Date(Date.now() + DAY);

const settingsOf = (legacyTokens?: LegacyTokenOptions, auth: Partial<AstraOptions> = {}) =>
  new FastapiSettings({ legacyTokens }, new AuthSettings({ secretKey, ...auth }));

describe('FastapiSettings', () => {
  it('honours no tokens unless it is told to', () => {
    expect(settingsOf()).toEqual({ legacyTokens: undefined, secretIsGuessable: false });
    const legacyTokens = { secretKey, until: tomorrow };
    expect(settingsOf(legacyTokens).legacyTokens).toEqual(legacyTokens);
  });

  it.each<[string, LegacyTokenOptions, Partial<AstraOptions>?]>([
    ...[undefined, null, ''].map((nothing): [string, LegacyTokenOptions] => [
      'legacyTokens.secretKey must have at least 32 bytes from a random generator (openssl rand -base64 32), but is missing',
      { secretKey: nothing as string, until: tomorrow },
    ]),
    ['legacyTokens.secretKey must have at least 32 bytes', { secretKey: 'canary', until: tomorrow }],
    ...[new Date(Date.now() + 31 * DAY), new Date('canary'), undefined, '2026-12-31' as never].map(
      (until): [string, LegacyTokenOptions] => [
        'legacyTokens.until must be a time at most 30 days from now',
        { secretKey, until: until as Date },
      ],
    ),
    [
      'sessionMaxTtl must be at least 7 days (604800) for legacyTokens',
      { secretKey, until: tomorrow },
      { sessionMaxTtl: 604_799, sessionIdleTtl: 60 },
    ],
  ])('says that %s, and not what was given', (sentence, legacyTokens, auth = {}) => {
    const make = () => settingsOf(legacyTokens, auth);
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
  ])('takes %s secret for no key, unless it is told to', (_, example) => {
    const legacyTokens = { secretKey: example, until: tomorrow };
    expect(() => settingsOf(legacyTokens)).toThrow('legacyTokens.secretKey must not be an example');
    expect(settingsOf(legacyTokens, { allowExampleSecrets: true }).secretIsGuessable).toBe(true);
  });

  it('warns of a key that can be guessed', () => {
    expect(settingsOf({ secretKey: 'x'.repeat(32), until: tomorrow }).secretIsGuessable).toBe(true);
    const random = randomBytes(32).toString('base64');
    expect(settingsOf({ secretKey: random, until: tomorrow }).secretIsGuessable).toBe(false);
  });
});
