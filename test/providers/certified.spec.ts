import { CallbackUrls } from '../../src/auth/providers/callback-urls.js';
import { CertifiedProvider } from '../support/certified-provider.js';
import { ProviderBrowser } from '../support/provider-browser.js';
import { TestService } from '../support/test-service.js';

let provider: CertifiedProvider;
let service: TestService;
beforeAll(async () => {
  provider = await CertifiedProvider.start();
  const options = { clientId: 'astra', clientSecret: 'a-secret', issuer: provider.issuer };
  service = await TestService.start({ auth: { allowExampleSecrets: true, providers: { acme: options } } });
  const callback = service.app.get(CallbackUrls, { strict: false }).of('acme');
  provider.serve({ callback, emailOf: (login) => `${login}@example.com` });
});
afterAll(async () => {
  await service.stop();
  await provider.stop();
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
