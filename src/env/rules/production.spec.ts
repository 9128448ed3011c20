import { key, production, refusals } from '../../../test/support/variables.js';
import { readEnvironment, type Variables } from '../../env.js';
import { settings } from '../settings/settings.js';

describe('production', () => {
  const careful = {
    ...production,
    POSTGRES_SSLMODE: 'verify-full',
    PUBLIC_URL: 'https://accounts.example',
    SMTP_URL: 'smtp://mail',
  };
  const url = (DATABASE_URL: string) => ({ POSTGRES_HOST: '', POSTGRES_SSLMODE: '', DATABASE_URL });

  it('has nothing to warn of where everything is as it should be', () => {
    expect(readEnvironment(careful).warnings).toEqual([]);
    expect(readEnvironment({ ...careful, REFRESH_COOKIE: 'on' }).warnings).toEqual([]);
  });

  it.each<[string, Variables, string[]]>([
    ['no public address', { PUBLIC_URL: '' }, ['PUBLIC_URL']],
    ['an address without TLS', { PUBLIC_URL: 'http://accounts.example' }, ['PUBLIC_URL']],
    [
      'a cookie that browsers will not take',
      { PUBLIC_URL: 'http://accounts.example', REFRESH_COOKIE: 'on' },
      ['PUBLIC_URL', 'REFRESH_COOKIE'],
    ],
    ['a site without TLS', { CORS_ORIGINS: 'https://a.example,http://b.example' }, ['CORS_ORIGINS']],
    ['no mail', { SMTP_URL: '' }, ['SMTP_URL']],
    ['no limits', { RATE_LIMIT: 'off' }, ['RATE_LIMIT']],
    ['mail that may go in clear', { SMTP_TLS: 'opportunistic' }, ['SMTP_TLS']],
    ['a Redis in clear', { REDIS_URL: 'redis://:p@cache' }, ['REDIS_URL']],
    ['sentinels in clear', { REDIS_URL: 'redis+sentinel://127.0.0.1,cache/m' }, ['REDIS_URL']],
    ['a database in clear', url('postgres://u:p@db/x'), ['DATABASE_URL']],
    ['a database that anybody may pass for', url('postgres://u:p@db/x?sslmode=no-verify'), ['DATABASE_URL']],
    ['a database in clear by its parts', { POSTGRES_SSLMODE: 'disable' }, ['POSTGRES_HOST']],
    ['a database that nobody checks', { POSTGRES_SSLMODE: 'require' }, ['POSTGRES_HOST']],
    ['a database at an address', { POSTGRES_SSLMODE: '', POSTGRES_HOST: '2001:db8::5' }, ['POSTGRES_HOST']],
    ['a database whose host is a parameter', url('postgres:///x?host=db'), ['DATABASE_URL']],
    ['a database that goes round the host', url('postgres://localhost/x?host=db'), ['DATABASE_URL']],
    [
      'a certificate that is not checked',
      url('postgres://u:p@db/x?sslmode=require&uselibpqcompat=true'),
      ['DATABASE_URL'],
    ],
    ['a second server in clear', url('postgres://u:p@127.0.0.1,db/x'), ['DATABASE_URL']],
    [
      'a way past the pooler in clear',
      { DATABASE_DIRECT_URL: 'postgres://u:p@one,two/x' },
      ['DATABASE_DIRECT_URL'],
    ],
    ['metrics for everybody', { METRICS_PORT: '9100' }, ['METRICS_HOST']],
    ['documentation', { DOCS: 'on' }, ['DOCS']],
    ['a chatty log', { LOG_LEVEL: 'trace' }, ['LOG_LEVEL']],
    ['a key that follows itself', { SECRET_KEY_PREVIOUS: key }, ['SECRET_KEY_PREVIOUS']],
  ])('warns of %s', (_, variables, named) => {
    const { warnings } = readEnvironment({ ...careful, ...variables });
    expect(warnings.map((line) => line.split(' ', 1)[0])).toEqual(named);
    expect(warnings.join()).not.toContain(key);
  });

  it.each<[string, Variables]>([
    [
      'servers on this machine',
      { SMTP_URL: 'smtp://localhost', SMTP_TLS: 'opportunistic', REDIS_URL: 'redis://[::1]' },
    ],
    [
      'TLS from the first byte',
      { SMTP_URL: 'smtps://mail', SMTP_TLS: 'opportunistic', REDIS_URL: 'rediss://cache' },
    ],
    ['a socket', url('postgres:///x?host=/tmp')],
    ['a socket in the place of a host', url('postgres://u:p@%2Frun%2Fpostgresql/x')],
    ['a socket by its parts', { POSTGRES_SSLMODE: '', POSTGRES_HOST: '/run/postgresql' }],
    ['a server here by its parts', { POSTGRES_SSLMODE: '', POSTGRES_HOST: '::1' }],
    ['TLS without a mode', url('postgres://u:p@db/x?ssl=true')],
    ['a database here', url('postgres://u:p@127.0.0.1/x')],
    ['servers that are verified', url('postgres://u:p@one,two:5433/x?sslmode=verify-full')],
    ['a database that is verified', url('postgres://u:p@db/x?sslmode=verify-full')],
  ])('warns not of %s', (_, variables) => {
    expect(readEnvironment({ ...careful, ...variables }).warnings).toEqual([]);
  });

  /** Every setting that names a machine to connect to, as another machine and without TLS. */
  const inClear: Record<string, Variables> = {
    DATABASE_URL: url('postgres://db.example/x'),
    DATABASE_DIRECT_URL: { DATABASE_DIRECT_URL: 'postgres://db.example/x' },
    POSTGRES_HOST: { POSTGRES_HOST: 'db.example', POSTGRES_SSLMODE: '' },
    REDIS_URL: { REDIS_URL: 'redis://cache.example' },
    SMTP_URL: { SMTP_URL: 'smtp://mail.example', SMTP_TLS: 'opportunistic' },
  };
  /** What clients connect to, and the server of the tests. */
  const others = ['PUBLIC_URL', 'HOST', 'METRICS_HOST', 'POSTGRES_TEST_HOST'];

  it.each(Object.keys(settings).filter((name) => /(^|_)(URL|HOST)$/.test(name) && !others.includes(name)))(
    'warns of %s if it leads to another machine without TLS',
    (name) => {
      expect(inClear).toHaveProperty(name);
      expect(readEnvironment({ ...careful, ...inClear[name] }).warnings).toHaveLength(1);
    },
  );

  it('is no matter of development', () => {
    expect(readEnvironment({ RATE_LIMIT: 'off', DOCS: 'on', NODE_OPTIONS: '--inspect' }).warnings).toEqual(
      [],
    );
  });

  it.each<[string, Variables]>([
    ['NODE_TLS_REJECT_UNAUTHORIZED', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
    ['NODE_OPTIONS', { NODE_OPTIONS: '--max-old-space-size=512 --inspect=0.0.0.0:9229' }],
    ['SECRET_KEY_PREVIOUS', { SECRET_KEY_PREVIOUS: 'your-secret-key-here-change-me-32-bytes-min' }],
    ['DATABASE_URL', url('postgres://u:your_password@db/x')],
    ['DATABASE_URL', url('postgres://u:your_password@one:5432,two:5433/x')],
    ['DATABASE_DIRECT_URL', { DATABASE_DIRECT_URL: 'postgres://u:your_password@db/x?sslmode=verify-full' }],
  ])('refuses what is for development or an example: %s', (name, variables) => {
    expect(refusals({ ...careful, ...variables })).toEqual([expect.stringMatching(`^${name} must not `)]);
  });

  it('starts with a SECRET_KEY and a database', () => {
    expect(refusals(production)).toEqual([]);
    const byUrl = { NODE_ENV: 'production', SECRET_KEY: key, DATABASE_URL: 'postgres://db/x' };
    expect(refusals(byUrl)).toEqual([]);
    expect(refusals({ ...byUrl, POSTGRES_PASSWORD: settings.POSTGRES_PASSWORD.example })).toEqual([]);
  });

  it('needs both', () => {
    expect(refusals({ NODE_ENV: 'production' })).toEqual([
      'SECRET_KEY must be set in production: 32 bytes or more from a random generator (openssl rand -base64 32)',
      'DATABASE_URL or POSTGRES_HOST must be set in production: the embedded server is for development',
    ]);
  });

  it('says once that a SECRET_KEY is too short', () => {
    expect(refusals({ ...production, SECRET_KEY: 'changeme' })).toEqual([
      'SECRET_KEY must be 32 bytes or more from a random generator (openssl rand -base64 32)',
    ]);
  });

  it.each([
    settings.SECRET_KEY.example,
    'your-secret-key-here-and-some-more-text',
    'please CHANGE_ME to something else, dear operator',
    'my-super-secret-key-for-the-api-2024',
    'your-256-bit-secret-your-256-bit-secret',
    'django-insecure-8f3kz01mvq5x7r2p9w4t6y',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    'a-string-secret-at-least-256-bits-long',
    'a'.repeat(64),
    'abababab'.repeat(5),
    'aaaaaaaaaaabbbbbbbbbbbccccccccccddddddddddd',
    'secret'.repeat(6),
    '0123456789'.repeat(4),
  ])('refuses %j as a SECRET_KEY, which development takes', (example) => {
    const [line, ...more] = refusals({ ...production, SECRET_KEY: example });
    expect(line).toMatch(/^SECRET_KEY must not be an example or a pattern in production/);
    expect(line).not.toContain(example);
    expect(more).toEqual([]);
    expect(refusals({ SECRET_KEY: example })).toEqual([]);
  });

  it.each([
    'f3b1c09d7e5a2486f3b1c09d7e5a24ab',
    '58203917465029183746501928374650',
    'tPq0Zr+9mB/3vLx7Yc1dKw==uHs5JgEa',
    'correct horse battery staple and more words',
  ])('takes %j', (secret) => {
    expect(refusals({ ...production, SECRET_KEY: secret })).toEqual([]);
  });

  it('can only require verified addresses if mail is delivered', () => {
    const required = { ...production, EMAIL_VERIFICATION: 'required' };
    expect(refusals(required)).toEqual([
      'SMTP_URL must be set in production while EMAIL_VERIFICATION is required: nobody could sign in',
    ]);
    expect(refusals({ ...required, SMTP_URL: 'smtp://mail' })).toEqual([]);
    expect(refusals({ EMAIL_VERIFICATION: 'required' })).toEqual([]);
  });
});
