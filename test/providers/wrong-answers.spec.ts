import { createHash, generateKeyPairSync } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { ProviderBrowser } from '../support/provider-browser.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import { TestService } from '../support/test-service.js';

const { jest } = import.meta;

let issuer: TestIssuer;
let other: TestIssuer;
let service: TestService;
const log: string[] = [];
beforeAll(async () => {
  [issuer, other] = [await TestIssuer.start(), await TestIssuer.start()];
  service = await TestService.start({
    print: (line) => log.push(line),
    auth: {
      providers: {
        acme: { ...CLIENT, issuer: issuer.url, audiences: ['native-app'] },
        other: { ...CLIENT, issuer: other.url },
      },
    },
  });
});
const password = 'Analytical1';
afterAll(async () => {
  for (const one of [service, issuer, other]) await one.stop();
});

beforeAll(() => service.signUp({ username: 'bystander', email: 'bystander@example.com', password }));

const rows = async () => {
  const [counts] = await service.database.query<object>(
    `SELECT (SELECT count(*)::int FROM auth_users) AS users, (SELECT count(*)::int FROM auth_identities) AS identities,
            (SELECT count(*)::int FROM auth_identity_sign_ins) AS waiting`,
  );
  return counts;
};
let before: object;
let people = 0;
beforeEach(async () => {
  issuer.reset();
  other.reset();
  issuer.user = { sub: `subject${++people}`, email: `person${people}@example.com`, email_verified: true };
  other.user = issuer.user;
  before = await rows();
});

/** Goes to the provider and returns what it sends back. */
async function answered(name = 'acme') {
  const browser = new ProviderBrowser(service);
  const { body } = await browser.begin(name);
  return { browser, parameters: await browser.visit(body.authorization_url) };
}

describe('a response of a provider', () => {
  it.each<[string, (parameters: Record<string, string>) => Record<string, string>]>([
    ['without a state', ({ state, ...rest }) => (expect(state).toHaveLength(43), rest)],
    ['with another state', (all) => ({ ...all, state: 'a'.repeat(43) })],
    ['with an empty state', (all) => ({ ...all, state: '' })],
    ['with a state that is too long', (all) => ({ ...all, state: 'a'.repeat(5_000) })],
  ])('is refused %s', async (_, change) => {
    const { browser, parameters } = await answered();
    const { status, body } = await browser.comeBack('acme', change(parameters));
    expect([status, body.type]).toEqual([400, '/problems/invalid-state']);
    expect(await rows()).toEqual(before);
  });

  it('is refused in another browser, and without its cookie', async () => {
    const { browser, parameters } = await answered();
    const stranger = new ProviderBrowser(service);
    await stranger.begin('acme');
    for (const cookie of [null, stranger.cookie, '__Host-astra_way=abc', '__Host-astra_way=']) {
      const { status } = await browser.comeBack('acme', parameters, { cookie });
      expect(status).toBe(400);
    }
    // None of them has used it up.
    expect(browser.targetOf(await browser.comeBack('acme', parameters))).toHaveProperty('sign_in_token');
  });

  it('is refused at another provider', async () => {
    const { browser, parameters } = await answered();
    expect((await browser.comeBack('other', parameters)).status).toBe(400);
    expect(await rows()).toEqual(before);
  });

  it('is accepted once', async () => {
    const { browser, parameters } = await answered();
    const all = await Promise.all(Array.from({ length: 5 }, () => browser.comeBack('acme', parameters)));
    expect(all.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400]);
  });

  it('is refused after ten minutes', async () => {
    const { browser, parameters } = await answered();
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 601_000);
    const { status } = await browser.comeBack('acme', parameters).finally(() => clock.mockRestore());
    expect(status).toBe(400);
  });

  it('deletes the cookie', async () => {
    const { browser, parameters } = await answered();
    const { headers } = await browser.comeBack('acme', parameters);
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-astra_way=; .*(Max-Age=0|Expires=Thu, 01 Jan 1970)/),
    ]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('says no more to the app than the code of the problem', async () => {
    issuer.response = { code: null, error: 'access_denied', error_description: 'secret reason' };
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: 'access-denied' });
    issuer.response = { code: null, error: 'temporarily_unavailable' };
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: 'provider-unavailable' });
  });

  it.each<[string, () => void, string]>([
    [
      'with the issuer of another provider (mix-up)',
      () => (issuer.response = { iss: other.url }),
      'invalid-sign-in',
    ],
    [
      'without an issuer, although the metadata promises one',
      () => (issuer.response = { iss: null }),
      'invalid-sign-in',
    ],
    ['without a code', () => (issuer.response = { code: null }), 'invalid-sign-in'],
    ['with a code of nobody', () => (issuer.response = { code: 'made-up' }), 'invalid-sign-in'],
  ])('is refused %s', async (_, spoil, code) => {
    spoil();
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: code });
    expect(await rows()).toEqual(before);
  });

  it('is refused with the code of another browser: it has another verifier', async () => {
    const victim = await answered();
    const thief = await answered();
    const target = await thief.browser.comeBack('acme', {
      ...thief.parameters,
      code: victim.parameters.code,
    });
    expect(thief.browser.targetOf(target)).toEqual({ error: 'invalid-sign-in' });
    expect(await rows()).toEqual(before);
  });
});

const now = () => Math.floor(Date.now() / 1000);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

/** ID tokens that are wrong, in the code flow and of native apps. */
const wrong: [string, () => Promise<TestIssuer['instead']>][] = [
  ['of another issuer', async () => ({ claims: { iss: other.url } })],
  ['for another client', async () => ({ claims: { aud: 'somebody-else' } })],
  [
    'for several clients without a party',
    async () => ({ claims: { aud: [CLIENT.clientId, 'somebody-else'] } }),
  ],
  ['for another party', async () => ({ claims: { azp: 'somebody-else' } })],
  ['with another nonce', async () => ({ claims: { nonce: 'another-nonce' } })],
  ['without a nonce', async () => ({ claims: { nonce: undefined } })],
  ['that has expired', async () => ({ claims: { exp: now() - 60 } })],
  ['that never expires', async () => ({ claims: { exp: undefined } })],
  ['that is old', async () => ({ claims: { iat: now() - 700 } })],
  ['from the future', async () => ({ claims: { iat: now() + 300 } })],
  ['without a time', async () => ({ claims: { iat: undefined } })],
  ['without a subject', async () => ({ claims: { sub: undefined } })],
  ['with an empty subject', async () => ({ claims: { sub: '' } })],
  ['with a number as subject', async () => ({ claims: { sub: 42 as never } })],
  ['with a subject of 1 000 characters', async () => ({ claims: { sub: 'a'.repeat(1_000) } })],
  ['of an unknown key', async () => ({ header: { kid: 'another' } })],
  ['that is not signed', async () => ({ idToken: new UnsecuredJWT(genuine()).encode() })],
  [
    'signed with the secret of the client',
    async () => ({
      idToken: await new SignJWT(genuine())
        .setProtectedHeader({ alg: 'HS256', kid: 'key' })
        .sign(Buffer.from(CLIENT.clientSecret.padEnd(32, '0'))),
    }),
  ],
  [
    'signed with a key of somebody else',
    async () => ({
      idToken: await new SignJWT(genuine()).setProtectedHeader({ alg: 'RS256', kid: 'key' }).sign(rsa),
    }),
  ],
  ['that is none', async () => ({ idToken: 'a.b.c' })],
];
const NONCE = 'nonce-of-the-app';
const genuine = () => ({
  ...{ iss: issuer.url, aud: CLIENT.clientId, ...issuer.user, nonce: NONCE },
  ...{ iat: now(), exp: now() + 600 },
});

describe('an ID token', () => {
  it.each(wrong)('is refused %s', async (_, spoil) => {
    issuer.instead = await spoil();
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: 'invalid-id-token' });
    const { claims, header, idToken } = issuer.instead;
    const id_token = idToken ?? (await issuer.idToken({ nonce: NONCE, ...claims }, header));
    const native = await service.post('/auth/providers/acme/id-token', { id_token, nonce: NONCE });
    expect([native.status, native.body.type]).toEqual([401, '/problems/invalid-id-token']);
    expect(await rows()).toEqual(before);
  });
});

describe('an ID token of a native app', () => {
  const signIn = (id_token: string, nonce = NONCE, more = {}) =>
    service.post('/auth/providers/acme/id-token', { id_token, nonce, ...more });

  it('signs in, with the nonce or its hash, for the app or its server', async () => {
    const hashed = createHash('sha256').update(NONCE).digest('hex');
    for (const claims of [
      { nonce: NONCE },
      { nonce: hashed },
      { nonce: NONCE, aud: 'native-app' },
      { nonce: NONCE, azp: 'native-app' },
    ]) {
      const { status } = await signIn(await issuer.idToken({ ...claims, jti: String(++people) }));
      expect(status).toBe(200);
    }
  });

  it('names a newcomer whom only the app knows', async () => {
    const { body } = await signIn(await issuer.idToken({ nonce: NONCE }), NONCE, {
      full_name: 'Ada \u202eLovelace',
    });
    expect((await service.get('/users/me', body.access_token)).body.full_name).toBe('Ada Lovelace');
  });

  it('is accepted once', async () => {
    const token = await issuer.idToken({ nonce: NONCE });
    const all = await Promise.all(Array.from({ length: 20 }, () => signIn(token)));
    expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(401)]);
  });

  it('is not accepted by another provider', async () => {
    const id_token = await issuer.idToken({ nonce: NONCE });
    expect((await service.post('/auth/providers/other/id-token', { id_token, nonce: NONCE })).status).toBe(
      401,
    );
    expect((await service.post('/auth/providers/nobody/id-token', { id_token, nonce: NONCE })).status).toBe(
      404,
    );
  });
});

describe('a provider that does not answer', () => {
  /** Service with a provider that it has not met yet. */
  async function stranger<T>(work: (fresh: TestService, provider: TestIssuer) => Promise<T>): Promise<T> {
    const provider = await TestIssuer.start();
    const fresh = await TestService.start({
      on: service.database,
      print: (line) => log.push(line),
      auth: { providers: { acme: { ...CLIENT, issuer: provider.url } } },
    });
    try {
      return await work(fresh, provider);
    } finally {
      await fresh.stop();
      await provider.stop();
    }
  }
  const METADATA = '/.well-known/openid-configuration';

  it.each<[string, (provider: TestIssuer) => unknown]>([
    ['is away', (provider) => provider.stop()],
    ['says nothing', (provider) => (provider.answers[METADATA] = () => undefined)],
    ['says nonsense', (provider) => (provider.answers[METADATA] = (_, response) => response.end('<html>'))],
    [
      'says too much',
      (provider) => (provider.answers[METADATA] = (_, response) => response.end('x'.repeat(100_000))),
    ],
    [
      'redirects',
      (provider) =>
        (provider.answers[METADATA] = (_, response) =>
          response.writeHead(302, { location: issuer.url + METADATA }).end()),
    ],
    ['is another one', (provider) => (provider.metadata = { issuer: issuer.url })],
    ['has no endpoint', (provider) => (provider.metadata = { token_endpoint: undefined })],
    ['fails', (provider) => (provider.answers[METADATA] = (_, response) => response.writeHead(500).end())],
  ])('or %s: 503 within 6 seconds, with Retry-After, and others are not affected', async (_, spoil) => {
    await stranger(async (fresh, provider) => {
      await spoil(provider);
      const began = performance.now();
      const begin = new ProviderBrowser(fresh).begin('acme');
      expect((await fresh.post('/auth/login', { username: 'bystander', password })).status).toBe(200);
      const { status, body, headers } = await begin;
      expect([status, body.type, headers.get('retry-after')]).toEqual([
        503,
        '/problems/provider-unavailable',
        '5',
      ]);
      expect(performance.now() - began).toBeLessThan(6_000);
      expect(JSON.stringify(body)).not.toContain('127.0.0.1');
      await provider.stop().catch(() => undefined);
    });
  });

  it('is asked again, and works as soon as it is back', async () => {
    await stranger(async (fresh, provider) => {
      provider.answers[METADATA] = (_, response) => response.writeHead(500).end();
      expect((await new ProviderBrowser(fresh).begin('acme')).status).toBe(503);
      provider.reset();
      provider.user = issuer.user;
      expect((await new ProviderBrowser(fresh).signIn('acme')).status).toBe(200);
    });
  });

  it('does not keep the start waiting, and is asked once by many', async () => {
    await stranger(async (fresh, provider) => {
      expect(provider.requests).toEqual([]);
      await Promise.all(Array.from({ length: 10 }, () => new ProviderBrowser(fresh).begin('acme')));
      expect(provider.requests.filter((line) => line.includes('.well-known'))).toHaveLength(1);
    });
  });

  it.each([
    ['says nothing', () => undefined],
    ['says nonsense', (_: unknown, response: { end(text: string): void }) => response.end('<html>')],
  ])('or %s to a request for tokens leads back with a problem', async (_, answer) => {
    issuer.answers['/token'] = answer;
    const began = performance.now();
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: 'provider-unavailable' });
    expect(performance.now() - began).toBeLessThan(6_000);
    expect(await rows()).toEqual(before);
  });

  it('or says nothing about its keys leads back with a problem', async () => {
    await stranger(async (fresh, provider) => {
      provider.user = issuer.user;
      provider.answers['/jwks'] = () => undefined;
      expect(await new ProviderBrowser(fresh).walk('acme')).toEqual({ error: 'provider-unavailable' });
    });
  });
});

it('keeps codes, tokens and verifiers of providers from logs and the database', async () => {
  const browser = new ProviderBrowser(service);
  const { sign_in_token } = await browser.walk('acme');
  await browser.redeem(sign_in_token, 'wrong-verifier-'.repeat(4));
  await browser.redeem(sign_in_token);
  const id_token = await issuer.idToken({ nonce: NONCE, aud: 'somebody-else' });
  await service.post('/auth/providers/acme/id-token', { id_token, nonce: NONCE });
  const given = [...issuer.secrets, ...other.secrets, sign_in_token, browser.verifier, browser.cookie ?? ''];
  const secrets = [...given, 'wrong-verifier-'.repeat(4)].filter((secret) => secret.length > 20);
  expect(secrets.length).toBeGreaterThan(20);
  const tables = await service.database.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
  );
  const dump: string[] = [...log];
  for (const { name } of tables)
    dump.push(JSON.stringify(await service.database.query(`SELECT t::text FROM ${name} t`)));
  const everything = dump.join('\n');
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
  expect(everything).not.toContain(CLIENT.clientSecret);
  expect(log.length).toBeGreaterThan(0);
});
