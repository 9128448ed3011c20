import { join } from 'node:path';
import { key, production, refusals, temporaryFolder } from '../../test/support/variables.js';
import { readEnvironment } from '../env.js';
import { settings } from './settings/settings.js';

const { folder, file } = temporaryFolder();

describe('a secret in a file', () => {
  const unreadable = (name: string) =>
    `${name}_FILE must be the path of a file that can be read, is UTF-8 and is not empty`;

  it.each([
    ['is taken as it is', key, key],
    ['loses the newline at its end', `${key}\n`, key],
    ['loses the newline of Windows', `${key}\r\n`, key],
    ['loses only one newline', `${key}\n\n`, `${key}\n`],
    ['keeps its blanks', ` ${key} \n`, ` ${key} `],
  ])('%s', (_, content, secret) => {
    expect(readEnvironment({ SECRET_KEY_FILE: file('key', content) }).auth.secretKey).toBe(secret);
  });

  it('can be each of the secrets', () => {
    const variables = {
      POSTGRES_PASSWORD_FILE: file('a', 'one\n'),
      POSTGRES_HOST: 'db',
      POSTGRES_TEST_PASSWORD_FILE: file('b', 'two\n'),
      POSTGRES_TEST_HOST: 'db',
      SMTP_URL_FILE: file('c', 'smtp://three\n'),
      REDIS_URL_FILE: file('d', 'redis://four\n'),
      ADMIN_USERNAME: 'ada',
      ADMIN_EMAIL: 'ada@example.com',
      ADMIN_PASSWORD_FILE: file('e', 'Engine1843\n'),
    };
    expect(readEnvironment(variables)).toMatchObject({
      database: { password: 'one' },
      testDatabase: { password: 'two' },
      mail: { smtpUrl: 'smtp://three' },
      redisUrl: 'redis://four',
      admin: { password: 'Engine1843' },
    });
    const { database } = readEnvironment({ DATABASE_URL_FILE: file('f', 'postgres://five/x\n') });
    expect(database).toEqual({ url: 'postgres://five/x' });
  });

  it.each([
    ['is missing', () => join(folder, 'canary')],
    ['is a directory', () => folder],
    ['is empty', () => file('canary', '')],
    ['is only a newline', () => file('canary', '\n')],
    ['is not UTF-8', () => file('canary', Buffer.from([0xff, 0xfe, ...Buffer.from(key)]))],
  ])('is refused if it %s', (_, path) => {
    expect(refusals({ ...production, SECRET_KEY: '', SECRET_KEY_FILE: path() })).toEqual([
      unreadable('SECRET_KEY'),
    ]);
  });

  it('is refused beside the variable itself', () => {
    expect(refusals({ REDIS_URL: 'redis://a', REDIS_URL_FILE: file('url', 'redis://b') })).toEqual([
      'REDIS_URL and REDIS_URL_FILE must not both be set',
    ]);
  });

  it('is checked as the variable is', () => {
    expect(refusals({ SECRET_KEY_FILE: file('short', 'canary') })).toEqual([
      'SECRET_KEY must be 32 bytes or more from a random generator (openssl rand -base64 32)',
    ]);
    const example = file('example', settings.SECRET_KEY.example);
    expect(refusals({ ...production, SECRET_KEY: undefined, SECRET_KEY_FILE: example })).toHaveLength(1);
  });

  it('is not for what is no secret', () => {
    expect(refusals({ POSTGRES_USER_FILE: file('user', 'u') })).toHaveLength(1);
  });
});
