import { readdirSync, readFileSync } from 'node:fs';
import { en as mailTexts } from '../src/mail/texts/en.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService, publicUrl } from './support/mail-service.js';
import { type Answer, TestService, type TestServiceOptions } from './support/test-service.js';

let app: MailService;
beforeAll(async () => {
  app = await MailService.start();
});
afterAll(() => app.stop());

/** What a browser asks the service for, behind a proxy that serves it below the path of `publicUrl`. */
function resolve(reference: string, path: string): string {
  const { href } = new URL(reference, `${publicUrl}/account/${path}`);
  expect(href.startsWith(`${publicUrl}/`)).toBe(true);
  return `/${href.slice(publicUrl.length)}`;
}

function attributes(html: string, names: string): string[] {
  return [...html.matchAll(new RegExp(` (?:${names})="(.*?)"`, 'g'))].map(([, value]) => value);
}

describe.each(['verify-email', 'reset-password', 'confirm-email', 'sign-in'])('GET /account/%s', (name) => {
  let page: Answer<string>;
  beforeAll(async () => {
    page = await app.service.get(`//account/${name}`);
  });

  it('is HTML that is kept nowhere and says nobody where it came from', () => {
    expect(page.status).toBe(200);
    expect(page.body).toMatch(/^<!doctype html>/);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('runs and loads nothing but what this server has', () => {
    expect(page.headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      'img-src data:',
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(page.body).not.toMatch(/<style|<script>| style=| on[a-z]+=|https?:/);
  });

  it('is served with its files, which a browser keeps until they change', async () => {
    const files = attributes(page.body, 'src|href').filter((url) => url.includes('?'));
    expect(files).toHaveLength(2);
    const pending = new Set(files);
    for (const file of pending) {
      const path = resolve(file, name);
      const { status, headers, body } = await app.service.get<string>(path);
      // Modules, at URLs with the same version.
      for (const [, url] of body.matchAll(/^\s*(?:import|\}).* from '(.+)';$/gm)) {
        expect(url).toMatch(/^\.\/[a-z-]+\.js\?v=[\w-]{16}$/);
        pending.add(url);
      }
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
      expect(headers.get('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/);
      const again = await app.service.request('GET', path, {
        headers: { 'if-none-match': headers.get('etag') ?? '' },
      });
      expect([again.status, again.body]).toEqual([304, '']);
    }
  });

  it('links to the sign-in page where that is the next step, and nowhere else', () => {
    const links = attributes(page.body, 'href').filter((url) => !url.includes('?') && url !== 'data:,');
    expect(links).toEqual(['verify-email', 'reset-password'].includes(name) ? ['sign-in'] : []);
  });

  it('sends its forms to routes that there are', async () => {
    const actions = attributes(page.body, 'action');
    expect(actions).toHaveLength(name === 'confirm-email' ? 1 : 2);
    for (const action of actions)
      expectProblem(await app.service.post(resolve(action, name), {}), 422, 'invalid-input');
  });

  it('has one heading, a title, a language, and a word for browsers without JavaScript', () => {
    expect(page.body).toContain('<html lang="en">');
    expect(page.body).toMatch(/<title>\S.* - Astra<\/title>/);
    expect(page.body.match(/<h1\b/g)).toHaveLength(1);
    expect(page.body).toMatch(/<noscript><p [^>]*>This page needs JavaScript\./);
    // Without it there would be only buttons that do nothing.
    expect(page.body.match(/<section\b[^>]*>/g)).not.toContainEqual(expect.not.stringContaining(' hidden>'));
  });

  it('takes no other method', async () => {
    const answer = await app.service.post(`//account/${name}`, {});
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('The texts of the sign-in page', () => {
  const textsIn = (language: string) =>
    JSON.parse(readFileSync(`src/pages/files/sign-in/${language}.json`, 'utf8')) as Record<string, object>;
  const keysOf = (texts: object, path = ''): string[] =>
    Object.entries(texts).flatMap(([key, text]: [string, unknown]) =>
      typeof text === 'object' && text ? keysOf(text, `${path}${key}.`) : `${path}${key}`,
    );

  it('are the same in both languages, and are all used', () => {
    const [en, de] = ['en', 'de'].map(textsIn);
    expect(keysOf(de)).toEqual(keysOf(en));
    const code = readdirSync('src/pages/files', { recursive: true, withFileTypes: true })
      .filter(({ name }) => /\.(html|js)$/.test(name))
      .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8'))
      .join('\n');
    const { words, ...own } = en;
    expect(Object.keys(own).filter((key) => !code.includes(`it.own.${key}`) && key !== 'outcomes')).toEqual(
      [],
    );
    expect(Object.keys(words).filter((key) => !code.includes(`words.${key}`))).toEqual([]);
  });
});

describe('A link in a mail', () => {
  it('is not used up by whoever only opens it', async () => {
    const email = 'scanned@example.com';
    await app.service.signUp({ username: 'scanned', email });
    const token = await app.token('verify-email', email);
    const path = '//account/verify-email';
    for (const url of [path, `${path}?token=${token}`, `${path}?url=https%3A%2F%2Fscanner.example`])
      expect((await app.service.get(url)).status).toBe(200);
    expect((await app.service.request('HEAD', path)).status).toBe(200);

    const { status, body } = await app.service.post('/auth/verify-email', { token });
    expect([status, body.email_verified]).toEqual([200, true]);
  });
});

it.each(['account', 'console'])('leads from /%s/ to the same page without the slash', async (name) => {
  const url = `${app.service.origin}/${name}/?linked=acme&x=%2F?`;
  const { status, headers } = await fetch(url, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([308, `../${name}?linked=acme&x=%2F?`]);
  const page = await fetch(url);
  expect([page.status, page.url]).toEqual([200, url.replace('/?', '?')]);
});

it.each(['/other', '/account.html', '/verify-email/', '/..%2fpages.setup.js', '/%2e%2e/files/account.html'])(
  'has nothing at /account%s',
  async (rest) => {
    expectProblem(await app.service.get(`//account${rest}`), 404, 'not-found');
  },
);

describe('The pages', () => {
  it('are in the language of the mail, with the name and the colour of the product', async () => {
    const productName = '<b>Käse & Söhne</b>';
    const { html, style } = await pageOf({ mail: { language: 'de', productName, color: '#0b6e4f' } });
    expect(html).toContain('<html lang="de">');
    expect(html).toContain('<title>Neues Passwort festlegen - &lt;b&gt;Käse &amp; Söhne&lt;/b&gt;</title>');
    expect(html).not.toContain('<b>');
    expect(style).toMatch(/^:root\{--brand:#0b6e4f;--on-brand:#ffffff;/m);
  });

  it('are English where the mail is in a language that they are not written in', async () => {
    const { html } = await pageOf({ mail: { language: { ...mailTexts, tag: 'fr-CH' } } });
    expect(html).toContain('<html lang="en">');
  });

  it('are German for a host that words German mail in its own way', async () => {
    const { html } = await pageOf({ mail: { language: { ...mailTexts, tag: 'de-CH' } } });
    expect(html).toContain('<html lang="de">');
  });

  it.each([
    ['classic', 'At least 8 characters'],
    ['nist', 'At least 15 characters'],
  ] as const)('tell the rules of the policy %s', async (passwordPolicy, rule) => {
    const { html } = await pageOf({ passwordPolicy });
    expect(html).toContain(`<li>${rule}`);
  });

  it.each(['account/sign-in', 'account', 'console'])(
    'have no id twice, whatever the service has on: /%s',
    async (path) => {
      const providers = {
        acme: { clientId: 'astra', clientSecret: 'secret', issuer: 'https://acme.example' },
      };
      const service = await TestService.start({
        on: app.service.database,
        signInMethods: ['password', 'passkey', 'email-code'],
        auth: { worker: false, providers, publicUrl, refreshCookie: {} },
      });
      try {
        const { body } = await service.get<string>(`//${path}`);
        const ids = attributes(body, 'id');
        expect(ids.length).toBeGreaterThan(20);
        expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
      } finally {
        await service.stop();
      }
    },
  );

  /** The page that sets a password, as a service with other options shows it. */
  async function pageOf(auth: TestServiceOptions['auth']): Promise<{ html: string; style: string }> {
    // The mail is for the other service to send.
    const service = await TestService.start({ on: app.service.database, auth: { worker: false, ...auth } });
    try {
      const { body: html } = await service.get<string>('//account/reset-password');
      const [style] = attributes(html, 'href').filter((url) => url.startsWith('account.css'));
      return { html, style: (await service.get<string>(`//account/${style}`)).body };
    } finally {
      await service.stop();
    }
  }
});
