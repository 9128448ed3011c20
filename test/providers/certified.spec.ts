import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { CallbackUrls } from '../../src/auth/providers/callback-urls.js';
import { ProviderBrowser } from '../support/provider-browser.js';
import { TestService } from '../support/test-service.js';

const { jest } = import.meta;

/** A certified provider, with the pages at which a person signs in and consents. */
let server: Server;
let service: TestService;
beforeAll(async () => {
  server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { clientId: 'astra', clientSecret: 'a-secret', issuer };
  service = await TestService.start({ auth: { allowExampleSecrets: true, providers: { acme: options } } });
  const callback = service.app.get(CallbackUrls, { strict: false }).of('acme');
  // Its pages for development say on the console that they are for development.
  const spies = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'info')];
  for (const spy of spies) spy.mockImplementation(() => undefined);
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'astra', client_secret: 'a-secret', redirect_uris: [callback] }],
    claims: { email: ['email', 'email_verified'], profile: ['name'], openid: ['sub'] },
    conformIdTokenClaims: false,
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, name: 'Ada Lovelace' }),
    }),
  });
  for (const spy of spies) spy.mockRestore();
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
});
afterAll(async () => {
  await service.stop();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

/** Person who signs in at the provider and consents, by its forms. Returns the parameters that it sends back. */
async function signInAt(authorizationUrl: string, login: string): Promise<Record<string, string>> {
  const jar = new Map<string, string>();
  const visit = async (url: string, form?: URLSearchParams) => {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';', 1)[0].split('=', 2);
      jar.set(name, value);
    }
    return response;
  };
  let response = await visit(authorizationUrl);
  for (let step = 0; step < 12; step++) {
    const location = response.headers.get('location');
    if (location?.startsWith('http://localhost:8000/'))
      return Object.fromEntries(new URL(location).searchParams);
    if (location) response = await visit(new URL(location, response.url).href);
    else {
      const html = await response.text();
      const [, action] = /action="([^"]+)"/.exec(html) ?? [];
      const [, prompt] = /name="prompt" value="(\w+)"/.exec(html) ?? [];
      const form = new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) });
      response = await visit(new URL(action, response.url).href, form);
    }
  }
  throw new Error('The provider does not come to an end');
}

it('signs in with a certified provider: login and consent, code, PKCE, nonce, issuer', async () => {
  const browser = new ProviderBrowser(service);
  const { body } = await browser.begin('acme');
  const parameters = await signInAt(body.authorization_url, 'ada');
  expect(Object.keys(parameters).sort()).toEqual(['code', 'iss', 'state']);
  const { sign_in_token } = browser.targetOf(await browser.comeBack('acme', parameters));
  const { status, body: tokens } = await browser.redeem(sign_in_token);
  expect(status).toBe(200);
  const me = await service.get('/users/me', tokens.access_token);
  expect(me.body).toMatchObject({ username: 'ada', email: 'ada@example.com', full_name: 'Ada Lovelace' });
  // The provider has kept nothing that would let the code be used again.
  const again = await browser.comeBack('acme', parameters);
  expect(again.status).toBe(400);
});
