import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { expectInvalid } from '../support/expect-problem.js';
import { ProviderBrowser } from '../support/provider-browser.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import { TestService } from '../support/test-service.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const NAMES = ['google', 'microsoft', 'apple', 'github', 'facebook'] as const;
type Name = (typeof NAMES)[number];

const issuers = {} as Record<Name, TestIssuer>;
let service: TestService;
beforeAll(async () => {
  for (const name of NAMES) issuers[name] = await TestIssuer.start();
  const issuer = (name: Name) => ({ ...CLIENT, issuer: issuers[name].url });
  const { clientId } = CLIENT;
  service = await TestService.start({
    auth: {
      providers: {
        google: { ...issuer('google'), hostedDomain: 'example.com' },
        microsoft: issuer('microsoft'),
        apple: {
          ...{ clientId, issuer: issuers.apple.url, teamId: 'TEAM', keyId: 'KEY' },
          privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        },
        github: issuer('github'),
        facebook: issuer('facebook'),
      },
    },
  });
  issuers.microsoft.metadata = { issuer: `${issuers.microsoft.url}/{tenantid}/v2.0` };
});
afterAll(async () => {
  await service.stop();
  for (const name of NAMES) await issuers[name].stop();
});

/** Account of the tokens of an answer. */
async function whoIs({ access_token }: { access_token: string }) {
  return (await service.get('/users/me', access_token)).body;
}
const identityOf = (subject: string) =>
  service.database.query('SELECT issuer, provider FROM auth_identities WHERE subject = $1', [subject]);

it('Google signs in users of one Workspace, by the claim and not by the parameter', async () => {
  const { google } = issuers;
  google.user = { sub: 'g1', email: 'ada@example.com', email_verified: true, hd: 'example.com' };
  const { body } = await new ProviderBrowser(service).begin('google');
  expect(new URL(body.authorization_url).searchParams.get('hd')).toBe('example.com');
  const signedIn = await new ProviderBrowser(service).signIn('google');
  expect(await whoIs(signedIn.body)).toMatchObject({ email: 'ada@example.com', email_verified: true });
  google.user = { ...google.user, sub: 'g2', hd: 'evil.com' };
  expect(await new ProviderBrowser(service).walk('google')).toEqual({ error: 'access-denied' });
});

describe('Microsoft', () => {
  const tid = '11111111-2222-3333-4444-555555555555';
  const issuerOf = (tenant: string) => `${issuers.microsoft.url}/${tenant}/v2.0`;
  const walk = (claims: object) => {
    issuers.microsoft.user = { sub: 'm', email: 'm@example.com', tid, iss: issuerOf(tid), ...claims };
    return new ProviderBrowser(service).walk('microsoft');
  };

  it('has an issuer for each tenant, which is part of the identity', async () => {
    issuers.microsoft.user = {
      ...{ sub: 'm1', email: 'mike@example.com', tid, iss: issuerOf(tid), xms_edov: '1' },
    };
    const { status } = await new ProviderBrowser(service).signIn('microsoft');
    expect(status).toBe(200);
    expect(await identityOf('m1')).toEqual([{ issuer: issuerOf(tid), provider: 'microsoft' }]);
  });

  it.each([
    ['of another tenant than it claims', { iss: issuerOf2('99999999-2222-3333-4444-555555555555') }],
    ['without a tenant', { tid: undefined }],
    ['with a tenant that is none', { tid: 'common', iss: issuerOf2('common') }],
    ['with a tenant that leads elsewhere', { tid: '../evil', iss: issuerOf2('../evil') }],
  ])('refuses an ID token %s', async (_, claims) => {
    const iss = 'iss' in claims ? { iss: `${issuers.microsoft.url}${claims.iss}` } : {};
    expect(await walk({ ...claims, ...iss })).toEqual({ error: 'invalid-id-token' });
  });

  it('does not trust the address of a foreign tenant (nOAuth)', async () => {
    await service.signUp({ username: 'victim', email: 'victim@example.com' });
    await service.database.query(`UPDATE auth_users SET email_verified_at = now() WHERE username = 'victim'`);
    issuers.microsoft.user = {
      ...{ sub: 'm2', email: 'victim@example.com', email_verified: true, tid, iss: issuerOf(tid) },
    };
    const { status, body } = await new ProviderBrowser(service).signIn('microsoft');
    expect([status, body.needs]).toEqual([403, ['email']]);
  });
});
function issuerOf2(tenant: string) {
  return `/${tenant}/v2.0`;
}

describe('Apple', () => {
  it('posts its answer across sites, with the name the first time', async () => {
    const { apple } = issuers;
    apple.user = { sub: 'a1', email: 'x@privaterelay.appleid.com', email_verified: 'true' };
    apple.response = { user: JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' } }) };
    const browser = new ProviderBrowser(service);
    const begun = await browser.begin('apple');
    expect(new URL(begun.body.authorization_url).searchParams.get('response_mode')).toBe('form_post');
    expect(begun.headers.getSetCookie()[0]).toMatch(/; Secure; SameSite=None$/);
    const answer = await browser.comeBack('apple', await browser.visit(begun.body.authorization_url), {
      form: true,
    });
    const { sign_in_token } = browser.targetOf(answer);
    const { body } = await browser.redeem(sign_in_token);
    // Its username is too short for one of its own.
    expect(body.needs).toEqual(['username']);
    const { sign_in_token: token } = body;
    const named = await service.post('/auth/login/continue', { sign_in_token: token, username: 'apple.ada' });
    expect(await whoIs(named.body)).toMatchObject({ full_name: 'Ada Lovelace', email_verified: true });
    apple.reset();
  });

  it('gets a secret that is signed for each request', async () => {
    const secret = issuers.apple.tokenRequests.at(-1)?.get('client_secret') ?? '';
    const { payload, protectedHeader } = await jwtVerify(secret, createPublicKey(privateKey), {
      ...{ issuer: 'TEAM', subject: CLIENT.clientId, audience: 'https://appleid.apple.com' },
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEY' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
  });

  it.each(['{', '[]', 'null', '{"name":{"firstName":{}}}', '"x"'])('takes no name from %s', async (user) => {
    issuers.apple.user = { sub: 'a1' };
    issuers.apple.response = { user };
    const target = await new ProviderBrowser(service).walk('apple', { form: true });
    expect(target).toHaveProperty('sign_in_token');
    issuers.apple.reset();
  });
});

describe('GitHub', () => {
  it('is asked for the number of the user, and the address that is primary and verified', async () => {
    issuers.github.user = {
      sub: 4711 as never,
      name: 'Ada',
      emails: [
        { email: 'other@example.com', primary: false, verified: true },
        { email: 'primary@example.com', primary: true, verified: true },
      ],
    };
    const { body } = await new ProviderBrowser(service).signIn('github');
    expect(await whoIs(body)).toMatchObject({ email: 'primary@example.com', full_name: 'Ada' });
    expect(await identityOf('4711')).toEqual([{ issuer: issuers.github.url, provider: 'github' }]);
  });

  it('gives no address that is not verified', async () => {
    issuers.github.user = {
      sub: 4712 as never,
      emails: [{ email: 'primary@example.com', primary: true, verified: false }],
    };
    const { status, body } = await new ProviderBrowser(service).signIn('github');
    expect([status, body.needs]).toEqual([403, ['email']]);
  });

  it('has no ID tokens', async () => {
    const id_token = await issuers.github.idToken({ nonce: 'a-nonce-of-it' });
    const { status } = await service.post('/auth/providers/github/id-token', {
      id_token,
      nonce: 'a-nonce-of-it',
    });
    expect(status).toBe(401);
  });
});

describe('Facebook', () => {
  it('verifies no address', async () => {
    issuers.facebook.user = { sub: 'f1', name: 'Ada', email: 'f1@example.com' };
    const { status, body } = await new ProviderBrowser(service).signIn('facebook');
    expect([status, body.needs]).toEqual([403, ['email']]);
  });

  it('has ID tokens for native apps, whose nonce says nothing', async () => {
    issuers.facebook.user = { sub: 'f1' };
    const id_token = await issuers.facebook.idToken({ nonce: 'whatever' });
    const answer = await service.post('/auth/providers/facebook/id-token', {
      id_token,
      nonce: 'another-one',
    });
    expect([answer.status, answer.body.needs]).toEqual([403, ['email']]);
  });
});

describe('a confirmation of the identity', () => {
  it.each(['microsoft', 'apple'])('asks %s to have the user sign in again, and to say when', async (name) => {
    const { body } = await new ProviderBrowser(service).begin(name, { again: true });
    const asked = Object.fromEntries(new URL(body.authorization_url).searchParams);
    expect(asked).toMatchObject({ max_age: '0', prompt: 'login' });
  });

  it.each(['google', 'github', 'facebook'])('is not begun at %s, which would not say', async (name) => {
    const answer = await new ProviderBrowser(service).begin(name, { again: true });
    expectInvalid(answer, ['body.prompt', 'prompt_not_supported']);
  });
});
