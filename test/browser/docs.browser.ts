import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { totpCode } from '../support/authenticator.js';
import { IMAGES, launchBrowser, violationsIn } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { ada, TestService } from '../support/test-service.js';

let service: TestService;
let context: BrowserContext;
let page: Page;
/** What a page must not do: complain, fail, or ask another server. */
let complaints: string[];

beforeAll(async () => {
  service = await TestService.start();
  await service.signUp();
  const browser = await launchBrowser();
  // More of a page than 1280 × 900 would show, on a picture of that size.
  context = await browser.newContext({ viewport: { width: 1600, height: 1125 }, deviceScaleFactor: 0.8 });
});

afterAll(async () => {
  await context?.browser()?.close();
  await service?.stop();
});

beforeEach(async () => {
  complaints = [];
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (
      !request
        .url()
        .replace(/^blob:/, '')
        .startsWith(`${service.origin}/`)
    )
      complaints.push(request.url());
  });
  page.on('response', (response) => {
    if (!response.ok()) complaints.push(`${response.status()} ${response.url()}`);
  });
});

afterEach(() => page.close());

describe('Swagger UI', () => {
  it('signs in by Authorize, and then tries GET /users/me', async () => {
    await page.goto(`${service.origin}/docs`);
    expect(await page.title()).toBe('Astra - Swagger UI');

    await page.getByRole('button', { name: 'Authorize', exact: true }).click();
    const dialog = page.locator('.modal-ux');
    await dialog.getByLabel('username').fill(ada.username);
    await dialog.getByLabel('password').fill(ada.password);
    await dialog.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
    await dialog.getByText('Authorized', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    await takePicture('swagger-ui');

    const route = page.locator('#operations-Users-profile_show');
    await route.click();
    await route.getByRole('button', { name: 'Try it out' }).click();
    await route.getByRole('button', { name: 'Execute' }).click();
    const answer = route.locator('.live-responses-table');
    expect(await answer.locator('tbody .response-col_status').first().innerText()).toMatch(/^200\b/);
    const body = await answer.locator('tbody .highlight-code code').first().innerText();
    expect(JSON.parse(body)).toMatchObject({ username: ada.username, email: ada.email, role: 'user' });
    expect(complaints).toEqual([]);
  });
});

describe('Swagger UI, for an account with an authenticator app', () => {
  const grace = { ...ada, username: 'grace', email: 'grace@example.com' };
  /** Of the authenticator app. */
  let secret: string;
  beforeAll(async () => {
    const { access_token } = await service.signUp(grace);
    await service.database.query('UPDATE auth_users SET email_verified_at = now()');
    const { body } = await service.post(
      '/users/me/factors/totp',
      {},
      (await service.signIn(grace)).access_token,
    );
    secret = body.secret;
    const code = { id: body.id, totp_code: totpCode(secret) };
    await service.post('/users/me/factors/totp/confirm', code, access_token);
  });

  it.each<[string, () => string | undefined, string]>([
    [
      'says what to do where no code is entered',
      () => undefined,
      'Error: Forbidden, error: invalid_grant, description: A second factor is needed to sign in. Send its code to /auth/login/continue, or as totp_code with your password.',
    ],
    [
      'says so where the code is wrong',
      () => '000000',
      'Error: Unauthorized, error: invalid_grant, description: Incorrect code',
    ],
    ['signs in with its code', () => totpCode(secret, 1), 'Authorized'],
  ])('%s', async (_, code, message) => {
    await page.goto(`${service.origin}/docs`);
    await page.getByRole('button', { name: 'Authorize', exact: true }).click();
    const dialog = page.locator('.modal-ux');
    await dialog.getByLabel('username').fill(grace.username);
    await dialog.getByLabel('password').fill(grace.password);
    page.once('dialog', (prompt) => {
      const entered = code();
      void (entered === undefined ? prompt.dismiss() : prompt.accept(entered));
    });
    await dialog.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
    await dialog.getByText(message, { exact: true }).waitFor();
  });
});

describe('ReDoc', () => {
  it('shows the routes, and finds one', async () => {
    await page.goto(`${service.origin}/redoc`);
    await page.getByPlaceholder('Search').fill('dashboard');
    await page.getByRole('search').getByText('Show the admin dashboard').click();
    await page.getByRole('heading', { name: 'Show the admin dashboard' }).waitFor();

    await page.getByPlaceholder('Search').fill('');
    await page.getByRole('menuitem', { name: 'Auth', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign up' }).click();
    await takePicture('redoc');
    expect(complaints).toEqual([]);
  });
});

describe.each([
  [1280, 'light'],
  [360, 'dark'],
] as const)('On a window of %i px, in %s colors', (width, colorScheme) => {
  beforeEach(async () => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
  });

  const expectAccessible = async (of?: string) => {
    await page.evaluate(axe.source);
    expect(await violationsIn(page, { of })).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  };

  it('axe finds nothing in Swagger UI with routes that are tried, nor in the dialog', async () => {
    await page.goto(`${service.origin}/docs`);
    const ofBody = page.locator('#operations-Users-profile_change');
    const ofParameters = page
      .locator('.opblock-get')
      .filter({ hasText: /\/admin\/users\W*(?![\w/])/ })
      .first();
    for (const route of [ofBody, ofParameters]) {
      await route.click();
      await route.getByRole('button', { name: 'Try it out' }).click();
    }
    await ofBody.getByRole('button', { name: 'Execute' }).click();
    await ofBody.locator('.live-responses-table').waitFor();
    await expectAccessible();
    // Only the routes of a tag are links, not what is inside of their buttons.
    expect(await page.locator('.opblock-summary-control a').count()).toBe(0);
    await page.getByRole('button', { name: 'Authorize', exact: true }).click();
    await page.getByRole('dialog', { name: 'Authorize' }).waitFor();
    await expectAccessible('.modal-ux');
  });

  it('axe finds nothing in ReDoc', async () => {
    await page.goto(`${service.origin}/redoc`);
    await page.getByRole('heading', { name: 'Change my username or full name' }).first().waitFor();
    await expectAccessible();
  });
});

describe('behind a proxy that serves all of it below a path, and cuts that off', () => {
  let below: TestService;
  let proxy: Server;
  let root: string;
  beforeAll(async () => {
    below = await TestService.start({
      on: service.database,
      auth: { publicUrl: 'https://example.com/accounts' },
    });
    proxy = createServer((incoming, answer) => {
      const path = /^\/accounts(\/.*)$/.exec(incoming.url ?? '')?.[1];
      if (path === undefined) {
        answer.writeHead(404).end();
        return;
      }
      const { method, headers } = incoming;
      incoming.pipe(
        request(below.origin + path, { method, headers }, (got) => {
          answer.writeHead(got.statusCode ?? 502, got.headers);
          got.pipe(answer);
        }),
      );
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    root = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/accounts`;
  });

  afterAll(async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    await below?.stop();
  });

  /** All that the page asked for, and what came of it. */
  const asked = () => {
    const answers: string[] = [];
    page.on('response', (response) => {
      const { protocol, pathname } = new URL(response.url());
      // ReDoc searches in a worker of its own making.
      if (protocol !== 'blob:') answers.push(`${response.status()} ${pathname}`);
    });
    return answers;
  };

  it('Swagger UI loads its files, signs in and tries a route', async () => {
    const answers = asked();
    await page.goto(`${root}/docs`);
    await page.getByRole('button', { name: 'Authorize', exact: true }).click();
    const dialog = page.locator('.modal-ux');
    await dialog.getByLabel('username').fill(ada.username);
    await dialog.getByLabel('password').fill(ada.password);
    await dialog.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
    await dialog.getByText('Authorized', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    const route = page.locator('#operations-Users-profile_show');
    await route.click();
    await route.getByRole('button', { name: 'Try it out' }).click();
    await route.getByRole('button', { name: 'Execute' }).click();
    const status = route.locator('.live-responses-table tbody .response-col_status').first();
    expect(await status.innerText()).toMatch(/^200\b/);
    expect(answers).toContain('200 /accounts/api/v1/auth/login');
    expect(answers).toContain('200 /accounts/api/v1/users/me');
    expect(answers.filter((answer) => !/^(200|304) \/accounts\//.test(answer))).toEqual([]);
  });

  it('ReDoc loads its files and names the server', async () => {
    const answers = asked();
    await page.goto(`${root}/redoc`);
    await page.getByPlaceholder('Search').waitFor();
    await page.getByText('/accounts/api/v1/auth/register').first().waitFor({ state: 'attached' });
    expect(answers).toContain('200 /accounts/redoc/redoc.standalone.js');
    expect(answers.filter((answer) => !/^(200|304) \/accounts\//.test(answer))).toEqual([]);
  });

  it('names nothing at the root of the name', async () => {
    const get = async (path: string) => (await fetch(root + path)).text();
    expect(JSON.parse(await get('/'))).toMatchObject({
      docs: '/accounts/docs',
      openapi: '/accounts/openapi.json',
    });
    for (const path of ['/docs', '/redoc', '/account/reset-password', '/dev/mail'])
      expect([path, (await get(path)).match(/(href|src|action)="\/[^"]*"/g)]).toEqual([path, null]);
  });
});

it('shows messages so that axe finds nothing, on a desktop, on a phone and in the dark', async () => {
  await service.post('/auth/password/forgot', { email: ada.email });
  const url = `${service.origin}/dev/mail`;
  const frame = page.locator('iframe').first();
  await eventually(async () => {
    await page.goto(url);
    expect(await frame.count()).toBe(1);
  }, 10_000);
  const message = await fetch(new URL((await frame.getAttribute('src'))!, url));
  const html = await message.text();
  expect(message.status).toBe(200);
  for (const [open, exceptions] of [
    [() => page.goto(url), []],
    // A message is an article in a page of the mail program, which has the landmarks and the heading.
    [() => page.setContent(html), ['landmark-one-main', 'page-has-heading-one', 'region']],
  ] as [() => Promise<unknown>, string[]][]) {
    await open();
    await page.evaluate(axe.source);
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [360, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      // Without the message in the frame, which allows no scripts.
      const violations = await violationsIn(page, { iframes: false });
      expect([width, violations.map(({ id }) => id)]).toEqual([width, exceptions]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
  }
});

/** For the README. */
async function takePicture(name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${IMAGES}${name}.png`, animations: 'disabled' });
}
