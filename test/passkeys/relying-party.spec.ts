import { relyingPartyOf } from '../../src/settings/passkey-settings.js';
import { SoftAuthenticator } from '../../src/testing/index.js';
import { expectProblem } from '../support/expect-problem.js';
import { addPasskey, newHolder, type PasskeyHolder, passkeySignIn } from '../support/passkey-holder.js';
import { TestService } from '../support/test-service.js';

const SITE = 'https://example.com';
const SISTER = 'https://example.net';
const APP = `android:apk-key-hash:${'A'.repeat(43)}`;

describe('the domain of passkeys', () => {
  it.each<[string, Parameters<typeof relyingPartyOf>, object | null]>([
    ['is the host of the public URL', [{}, `${SITE}/x`], { id: 'example.com', origins: [SITE] }],
    ['is localhost without TLS', [{}, 'http://localhost:8000'], { id: 'localhost' }],
    ['is none at an IP address', [{}, 'https://192.0.2.7'], null],
    ['is none at an IPv6 address', [{}, 'https://[2001:db8::1]'], null],
    ['is none without TLS', [{}, 'http://example.com'], null],
    ['is none at a name without a dot', [{}, 'https://intranet'], null],
    ['may be a parent', [{ rpId: 'example.com' }, 'https://login.example.com'], { id: 'example.com' }],
    [
      'takes subdomains that are named',
      [{ origins: ['https://app.example.com'] }, SITE],
      { origins: ['https://app.example.com'], publishedOrigins: [] },
    ],
    [
      'publishes related sites, without apps and what has no TLS',
      [{ rpId: 'localhost', origins: ['http://localhost:3000', SITE, SISTER, APP] }, 'http://localhost:8000'],
      { publishedOrigins: [SITE, SISTER] },
    ],
  ])('%s', (_, parameters, expected) => {
    const party = relyingPartyOf(...parameters);
    if (expected) expect(party).toMatchObject(expected);
    else expect(party).toBeNull();
  });

  it.each<[string, Parameters<typeof relyingPartyOf>]>([
    ['of another site', [{ rpId: 'example.net' }, SITE]],
    ['below the public URL', [{ rpId: 'app.example.com' }, SITE]],
    ['that only ends like it', [{ rpId: 'ample.com' }, SITE]],
    ['of all of a country', [{ rpId: 'com' }, SITE]],
    ['in capital letters', [{ rpId: 'Example.com' }, SITE]],
    ['with a port', [{ rpId: 'example.com:443' }, SITE]],
    ['that is an address', [{ rpId: '192.0.2.7', origins: [SITE] }, SITE]],
    ['without an origin', [{ origins: [] }, SITE]],
    ['with an origin that has a path', [{ origins: [`${SITE}/`] }, SITE]],
    ['with an origin without TLS', [{ origins: ['http://example.com'] }, SITE]],
    ['with an origin that looks like localhost', [{ origins: ['http://localhost.example.com'] }, SITE]],
    ['with any origin', [{ origins: ['*'] }, SITE]],
    ['with an opaque origin', [{ origins: ['null'] }, SITE]],
    ['with a related origin without TLS', [{ origins: [SITE, 'http://localhost:3000'] }, SITE]],
    [
      'with a related origin that nobody publishes',
      [{ rpId: 'example.com', origins: [SISTER] }, 'https://a.example.com'],
    ],
    ['with an app whose hash is short', [{ origins: [APP.slice(0, -1)] }, SITE]],
  ])('is refused, if it is one %s', (_, parameters) => {
    expect(() => relyingPartyOf(...parameters)).toThrow(RangeError);
  });
});

describe('with related origins', () => {
  let service: TestService;
  let holder: PasskeyHolder;
  beforeAll(async () => {
    service = await TestService.start({
      auth: { publicUrl: SITE, passkeys: { origins: [SITE, SISTER, APP] } },
    });
    holder = await newHolder(service, { origin: SITE });
    await addPasskey(service, holder);
  });
  afterAll(() => service.stop());

  const at = (origin: string) => {
    const authenticator = new SoftAuthenticator({ origin });
    authenticator.passkeys.push(...holder.authenticator.passkeys);
    return passkeySignIn(service, authenticator);
  };

  it('the domain publishes the sites to everybody', async () => {
    const { status, headers, body } = await service.get('//.well-known/webauthn');
    expect({ status, body }).toEqual({ status: 200, body: { origins: [SITE, SISTER] } });
    // Browsers read nothing else (WebAuthn Level 3, 5.11.1).
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  });

  it.each([SITE, SISTER, APP])('%s signs in', async (origin) => {
    expect((await at(origin)).status).toBe(200);
  });

  it.each([
    'https://sub.example.com',
    'https://example.com:8443',
    'http://example.com',
    'https://example.net.evil.example',
    `${APP.slice(0, -1)}B`,
    'null',
  ])('%s does not', async (origin) => {
    expectProblem(await at(origin), 401, 'invalid-passkey');
  });
});

it('is all that identifies a user without a password, also while second factors are off', async () => {
  const service = await TestService.start({ auth: { features: { secondFactor: false } } });
  try {
    const holder = await newHolder(service);
    await addPasskey(service, holder);
    // A lost one is removed after a recent sign-in with the password, which is all the user has.
    const lost = await addPasskey(service, {
      ...holder,
      authenticator: new SoftAuthenticator({ origin: 'http://localhost:8000' }),
    });
    const { access_token } = await service.signIn({ username: holder.username, password: 'Analytical1' });
    const path = `/users/me/passkeys/${lost}`;
    await service.database.query(`UPDATE auth_sessions SET authenticated_at = now() - interval '1 hour'`);
    expectProblem(await service.delete(path, access_token), 401, 'reauthentication-required');
    const password = 'Analytical1';
    expect((await service.post('/users/me/reauthenticate', { password }, access_token)).status).toBe(200);
    expect((await service.delete(path, access_token)).status).toBe(204);

    // A password alone is enough again.
    const login = { username: holder.username, password: 'Analytical1' };
    expect((await service.post('/auth/login', login)).status).toBe(200);
    await service.database.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [holder.id]);
    const { body: tokens } = await passkeySignIn(service, holder.authenticator);
    const { body } = await service.post('/users/me/reauthenticate/options', undefined, tokens.access_token);
    expect(body).toMatchObject({ factors: ['passkey'], passkey_options: { rpId: 'localhost' } });
    const passkey = holder.authenticator.get(body.passkey_options);
    const { status } = await service.post('/users/me/reauthenticate', { passkey }, tokens.access_token);
    expect(status).toBe(200);
  } finally {
    await service.stop();
  }
});
