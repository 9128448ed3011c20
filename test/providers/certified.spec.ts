import { CallbackUrls } from '../../src/auth/providers/callback-urls.js';
import { CertifiedProvider } from '../support/certified-provider.js';
import { expectProblem } from '../support/expect-problem.js';
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
async function signInAt(
  authorizationUrl: string,
  login: string,
  /** Cookies of the person's browser, and the pages that it was shown. Default: a new browser. */
  { jar = new Map<string, string>(), shown = [] as string[] } = {},
): Promise<Record<string, string>> {
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
      shown.push(prompt);
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

it('confirms the identity only with a new sign-in there, which the provider asks for', async () => {
  const jar = new Map<string, string>();
  /** Goes to the provider with the same browser, and returns the pages that were shown, and what the app then has. */
  const visit = async (again: boolean) => {
    const browser = new ProviderBrowser(service);
    const { body } = await browser.begin('acme', { again });
    const shown: string[] = [];
    const parameters = await signInAt(body.authorization_url, 'grace', { jar, shown });
    const { sign_in_token } = browser.targetOf(await browser.comeBack('acme', parameters));
    return { browser, shown, proof: { sign_in_token, code_verifier: browser.verifier } };
  };
  const first = await visit(false);
  expect(first.shown).toEqual(['login', 'consent']);
  const { body: tokens } = await first.browser.redeem(first.proof.sign_in_token);
  const confirm = (proof: object) => service.post('/users/me/reauthenticate', proof, tokens.access_token);

  // Still signed in there, so nobody is asked for anything.
  const silent = await visit(false);
  expect(silent.shown).toEqual([]);
  expectProblem(await confirm(silent.proof), 401, 'invalid-proof');

  const again = await visit(true);
  expect(again.shown).toEqual(['login']);
  expect((await confirm(again.proof)).status).toBe(200);
});
