import type { EntityManager } from 'typeorm';
import { APP, ProviderBrowser } from '../support/provider-browser.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import { TestService } from '../support/test-service.js';

let issuer: TestIssuer;
let service: TestService;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  service = await TestService.start({
    auth: {
      // An issuer on this machine is for tests.
      allowExampleSecrets: true,
      providers: { acme: { ...CLIENT, issuer: issuer.url, title: 'Acme' } },
      redirectUris: ['https://app.example.com/signed-in', 'com.example.app:/signed-in'],
    },
  });
});
afterAll(async () => {
  await service.stop();
  await issuer.stop();
});
beforeEach(() => issuer.reset());

let people = 0;
/** A new user of the provider, with a verified address. */
function newcomer(claims: object = {}) {
  const sub = `subject-${++people}`;
  issuer.user = {
    sub,
    email: `person${people}@example.com`,
    email_verified: true,
    name: 'Ada Lovelace',
    ...claims,
  };
  return { sub, email: `person${people}@example.com`, username: `person${people}` };
}

describe('the list of providers', () => {
  it('names each with its title and the URL to open', async () => {
    const { status, body } = await service.get('/auth/providers');
    expect([status, body.items.map(({ name, title }: any) => [name, title])]).toEqual([
      200,
      [['acme', 'Acme']],
    ]);
    expect(body.items[0].authorize_url).toMatch(
      /^http:\/\/localhost:8000\/.*auth\/providers\/acme\/authorize$/,
    );
  });
});

describe('signing in with a provider', () => {
  it('creates an account for a newcomer, and knows it the next time', async () => {
    const { email, username } = newcomer();
    const first = await new ProviderBrowser(service).signIn('acme');
    expect(first.status).toBe(200);
    const me = await service.get('/users/me', first.body.access_token);
    expect(me.body).toMatchObject({ username, email, full_name: 'Ada Lovelace', email_verified: true });

    issuer.user.email = 'changed@example.com';
    const again = await new ProviderBrowser(service).signIn('acme');
    expect((await service.get('/users/me', again.body.access_token)).body).toMatchObject({
      id: me.body.id,
      email,
    });
    const { body: sessions } = await service.get('/users/me/sessions', again.body.access_token);
    expect(sessions.total).toBe(2);
  });

  it('asks with PKCE, a nonce and a state, and proves the client', async () => {
    newcomer();
    const browser = new ProviderBrowser(service);
    const { body } = await browser.begin('acme');
    const asked = Object.fromEntries(new URL(body.authorization_url).searchParams);
    expect(asked).toMatchObject({
      client_id: CLIENT.clientId,
      scope: 'openid email profile',
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:8000\/.*auth\/providers\/acme\/callback$/),
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]).toMatch(/^[\w-]{43}$/);
    expect(body.expires_in).toBe(600);
  });

  it('binds itself to the browser with a sealed cookie', async () => {
    const { headers } = await new ProviderBrowser(service).begin('acme');
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-astra_way=[\w-]+; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/);
    expect(cookie.length).toBeLessThan(4_096);
  });

  it('can be begun by opening a URL', async () => {
    newcomer();
    const query = new URLSearchParams({
      redirect_to: APP,
      code_challenge: 'a'.repeat(43),
      login_hint: 'ada@example.com',
    });
    const answer = await service.get(`/auth/providers/acme/authorize?${query.toString()}`);
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get('location') ?? '');
    expect([location.origin, location.searchParams.get('login_hint')]).toEqual([
      issuer.url,
      'ada@example.com',
    ]);
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-astra_way=/)]);
  });

  it('leads to the URL of an app, also with a scheme of its own', async () => {
    newcomer();
    const browser = new ProviderBrowser(service);
    const { body } = await browser.begin('acme', { redirectTo: 'com.example.app:/signed-in' });
    const answer = await browser.comeBack('acme', await browser.visit(body.authorization_url));
    expect(answer.headers.get('location')).toMatch(
      /^com\.example\.app:\/signed-in\?sign_in_token=[\w-]{43}$/,
    );
  });

  it.each([
    'https://app.example.com.evil.com/signed-in',
    '//evil.com',
    '/account',
    'https://app.example.com/',
    'javascript:alert(1)',
  ])('refuses to lead to %s', async (redirectTo) => {
    const { status, body } = await new ProviderBrowser(service).begin('acme', { redirectTo });
    expect([status, body.errors?.[0].code]).toEqual([422, 'redirect_not_allowed']);
  });

  it('knows no other provider', async () => {
    expect((await new ProviderBrowser(service).begin('other')).status).toBe(404);
    expect((await service.get('/auth/providers/constructor/callback?state=x')).status).toBe(404);
  });

  it('gives a token that is worth nothing without the verifier of the app, and only once', async () => {
    newcomer();
    const browser = new ProviderBrowser(service);
    const { sign_in_token } = await browser.walk('acme');
    const without = await service.post('/auth/login/continue', { sign_in_token });
    expect(without.status).toBe(422);
    const other = await browser.redeem(sign_in_token, 'b'.repeat(43));
    expect([other.status, other.body.type]).toEqual([401, '/problems/invalid-sign-in']);
    const all = await Promise.all(Array.from({ length: 10 }, () => browser.redeem(sign_in_token)));
    // Five tries in all, one of which was wrong.
    expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(401)]);
  });

  it('takes the token for a minute', async () => {
    newcomer();
    const browser = new ProviderBrowser(service);
    const { sign_in_token } = await browser.walk('acme');
    await service.database.query(`UPDATE auth_identity_sign_ins SET expires_at = now()`);
    expect((await browser.redeem(sign_in_token)).status).toBe(401);
  });

  it('takes what an ID token lacks from the userinfo endpoint, of the same subject only', async () => {
    const { email, sub } = newcomer({ email: undefined, email_verified: undefined });
    issuer.userInfo = { sub, email, email_verified: true };
    const { body } = await new ProviderBrowser(service).signIn('acme');
    expect((await service.get('/users/me', body.access_token)).body.email).toBe(email);

    newcomer({ email: undefined });
    issuer.userInfo = { sub: 'somebody else', email: 'else@example.com', email_verified: true };
    expect(await new ProviderBrowser(service).walk('acme')).toEqual({ error: 'provider-unavailable' });
  });

  it('is told to the host with the tokens of the provider, which are stored nowhere', async () => {
    newcomer();
    const { AccountEvents } = await import('../../src/users/events/account-events.js');
    const { IdentityProven } = await import('../../src/auth/providers/identities/identity-events.js');
    const seen: unknown[] = [];
    service.app.get(AccountEvents, { strict: false }).before(IdentityProven, (event, tx: EntityManager) => {
      seen.push([
        event.provider,
        event.subject,
        typeof event.tokens.accessToken,
        tx.queryRunner?.isTransactionActive,
      ]);
    });
    await new ProviderBrowser(service).signIn('acme');
    expect(seen).toEqual([['acme', issuer.user.sub, 'string', true]]);
  });
});

describe('the identities of a user', () => {
  it('are listed, connected and removed', async () => {
    const ada = await service.signUp({ username: 'linker', email: 'linker@example.com' });
    await service.database.query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', [ada.id]);
    const { access_token } = await service.signIn({ username: 'linker', password: 'Analytical1' });
    const { sub } = newcomer({ email: 'work@example.com' });
    expect(await new ProviderBrowser(service).walk('acme', { linkAs: access_token })).toEqual({
      linked: 'acme',
    });

    const { body } = await service.get('/users/me/identities', access_token);
    expect(body.items).toEqual([
      {
        id: expect.any(String),
        ...{ provider: 'acme', subject_hint: sub.slice(-4), email: 'work@example.com' },
        ...{ linked_at: expect.any(String), last_used_at: null },
      },
    ]);

    const signedIn = await new ProviderBrowser(service).signIn('acme');
    expect((await service.get('/users/me', signedIn.body.access_token)).body.id).toBe(ada.id);

    const [{ id }] = body.items;
    expect((await service.delete(`/users/me/identities/${id}`, access_token)).status).toBe(204);
    expect((await service.delete(`/users/me/identities/${id}`, access_token)).status).toBe(404);
    const types = await service.database.query<{ type: string }>(
      `SELECT type FROM auth_audit_events WHERE user_id = $1 AND type LIKE 'authn_identity%' ORDER BY id`,
      [ada.id],
    );
    expect(types.map(({ type }) => type)).toEqual(['authn_identity_linked', 'authn_identity_unlinked']);
  });

  it('are the only way in of a user without a password, and then stay', async () => {
    newcomer();
    const { body } = await new ProviderBrowser(service).signIn('acme');
    const { body: page } = await service.get('/users/me/identities', body.access_token);
    const removed = await service.delete(`/users/me/identities/${page.items[0].id}`, body.access_token);
    expect([removed.status, removed.body.type]).toEqual([409, '/problems/last-sign-in-method']);
  });

  it('belong to one account', async () => {
    newcomer();
    await new ProviderBrowser(service).signIn('acme');
    const taken = { ...issuer.user };
    newcomer();
    const other = await new ProviderBrowser(service).signIn('acme');
    issuer.user = taken;
    const target = await new ProviderBrowser(service).walk('acme', { linkAs: other.body.access_token });
    expect(target).toEqual({ error: 'identity-taken' });
  });

  it('are connected once for two users at the same moment', async () => {
    const tokens = [];
    for (let i = 0; i < 2; i++) {
      newcomer();
      tokens.push((await new ProviderBrowser(service).signIn('acme')).body.access_token as string);
    }
    newcomer({ email: undefined });
    const targets = await Promise.all(
      tokens.map((linkAs) => new ProviderBrowser(service).walk('acme', { linkAs })),
    );
    expect(targets.map((target) => Object.keys(target)[0]).sort()).toEqual(['error', 'linked']);
    expect(targets).toContainEqual({ error: 'identity-taken' });
  });

  it('need a recent sign-in, a live session and a verified address', async () => {
    const ada = await service.signUp({ username: 'unverified', email: 'unverified@example.com' });
    const refused = await new ProviderBrowser(service).begin('acme', { linkAs: ada.access_token });
    expect([refused.status, refused.body.type]).toEqual([403, '/problems/email-not-verified']);

    newcomer();
    const { body } = await new ProviderBrowser(service).signIn('acme');
    newcomer();
    const browser = new ProviderBrowser(service);
    const begun = await browser.begin('acme', { linkAs: body.access_token });
    await service.post('/auth/logout', undefined, body.access_token);
    const answer = await browser.comeBack('acme', await browser.visit(begun.body.authorization_url));
    expect(browser.targetOf(answer)).toEqual({ error: 'invalid-token' });

    const again = await service.signIn({ username: 'unverified', password: 'Analytical1' });
    await service.database.query(
      `UPDATE auth_sessions SET authenticated_at = now() - interval '1 hour' WHERE user_id = $1`,
      [ada.id],
    );
    const { body: renewed } = await service.post('/auth/refresh', { refresh_token: again.refresh_token });
    const late = await new ProviderBrowser(service).begin('acme', { linkAs: renewed.access_token });
    expect([late.status, late.body.type]).toEqual([401, '/problems/reauthentication-required']);
  });

  it('end with the account: its user comes back as a newcomer', async () => {
    const { username } = newcomer();
    const { body } = await new ProviderBrowser(service).signIn('acme');
    const me = await service.get('/users/me', body.access_token);
    await service.database.query(`UPDATE auth_users SET role = 'admin' WHERE username = 'linker'`);
    const admin = await service.signIn({ username: 'linker', password: 'Analytical1' });
    expect((await service.delete(`/admin/users/${me.body.id}`, admin.access_token)).status).toBe(204);
    const again = await new ProviderBrowser(service).signIn('acme');
    const now = await service.get('/users/me', again.body.access_token);
    expect([now.body.username, now.body.id === me.body.id]).toEqual([username, false]);
  });
});
