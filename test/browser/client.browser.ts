import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { bundleClient } from '../support/client-bundle.js';
import { eventually } from '../support/eventually.js';
import { ada, TestService } from '../support/test-service.js';

/** Names of storages of the client that tabs share. */
const storages = ['cookieStorage', 'webStorage'] as const;

let server: Server;
let service: TestService;
let app: string;
let api: string;
let browser: Browser;
let context: BrowserContext;
/** Refreshes and all requests of the context, by path. */
let seen: string[];

beforeAll(async () => {
  const client = await bundleClient();
  server = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? client : '<!doctype html><p>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  app = `http://localhost:${(server.address() as AddressInfo).port}`;
  service = await TestService.start({ corsOrigins: [app], auth: { refreshCookie: { origins: [app] } } });
  api = `${service.origin.replace('127.0.0.1', 'localhost')}/api/v1`;
  await service.signUp();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await service.stop();
  server.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  seen = [];
  context.on('request', (request) => {
    if (request.method() !== 'OPTIONS') seen.push(new URL(request.url()).pathname.replace('/api/v1', ''));
  });
});
afterEach(() => context.close());

/** Opens a tab with a client as `astra`, whose changes are in `changes`. */
async function openTab(storage: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(app);
  await page.evaluate(`(async () => {
    const all = await import('/client.js');
    Object.assign(globalThis, all);
    globalThis.astra = new AstraClient({ url: ${JSON.stringify(api)}, storage: all.${storage}() });
    globalThis.changes = [];
    astra.onChange((signedIn, cause) => changes.push([signedIn, cause]));
  })()`);
  return page;
}

const signIn = (page: Page) =>
  page.evaluate(`signIn(astra, { username: 'ada', password: ${JSON.stringify(ada.password)} })`);
const me = (page: Page) => page.evaluate<string>(`astra.call('GET /users/me').then((user) => user.username)`);
const changes = (page: Page) => page.evaluate<unknown[]>('changes');
/** Lets time pass in a tab, as in a laptop that slept. */
const sleep = (page: Page, minutes: number) =>
  page.evaluate(`{ const now = Date.now; Date.now = () => now() + ${minutes * 60_000}; }`);
const refreshes = () => seen.filter((path) => path === '/auth/refresh').length;

describe.each(storages)('Tabs with %s', (storage) => {
  it('refresh once for 50 requests in each of five of them', async () => {
    const tabs = await Promise.all(Array.from({ length: 5 }, () => openTab(storage)));
    await signIn(tabs[0]);
    // All know the session, then it is too old for all.
    for (const tab of tabs) expect(await me(tab)).toBe('ada');
    for (const tab of tabs) await sleep(tab, 20);
    seen = [];

    const names = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate<string[]>(`Promise.all(Array.from({ length: 50 }, () =>
          astra.call('GET /users/me').then((user) => user.username)))`),
      ),
    );

    expect(names.flat()).toEqual(Array.from({ length: 250 }, () => 'ada'));
    expect(refreshes()).toBe(1);
  });

  it('refresh once for requests whose access tokens the service refuses', async () => {
    const tabs = await Promise.all(Array.from({ length: 3 }, () => openTab(storage)));
    await signIn(tabs[0]);
    for (const tab of tabs) expect(await me(tab)).toBe('ada');
    seen = [];
    // The clock of the client is behind, so it takes the tokens for good ones.
    await context.route('**/users/me', async (route) => {
      const headers = route.request().headers();
      const isOld = refreshes() === 0;
      await route.continue({ headers: { ...headers, ...(isOld && { authorization: 'Bearer x.y.z' }) } });
    });

    const names = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate<string[]>(`Promise.all(Array.from({ length: 10 }, () =>
          astra.call('GET /users/me').then((user) => user.username)))`),
      ),
    );

    expect(names.flat()).toEqual(Array.from({ length: 30 }, () => 'ada'));
    expect(refreshes()).toBe(1);
  });

  it('all sign out when one does, also while another is refreshing', async () => {
    const [first, second] = [await openTab(storage), await openTab(storage)];
    await signIn(first);
    expect(await me(second)).toBe('ada');
    await sleep(second, 20);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await context.route('**/auth/refresh', async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    const late = me(second).catch((error: Error) => error.message);
    await eventually(async () => expect(refreshes()).toBe(1), 10_000);

    await first.evaluate('astra.signOut()');
    release();
    await late;

    for (const tab of [first, second]) expect(await tab.evaluate('astra.isSignedIn()')).toBe(false);
    expect(await changes(first)).toEqual([
      [true, 'sign-in'],
      [false, 'sign-out'],
    ]);
    expect(await changes(second)).toEqual([
      [true, 'elsewhere'],
      [false, 'elsewhere'],
    ]);
  });

  it('go on after a reload', async () => {
    const tab = await openTab(storage);
    await signIn(tab);
    await tab.close();

    const next = await openTab(storage);

    expect(await next.evaluate('astra.isSignedIn()')).toBe(true);
    expect(await me(next)).toBe('ada');
  });

  it('keep the session when the response to a refresh is lost, and through a service that fails', async () => {
    const tab = await openTab(storage);
    await signIn(tab);
    await sleep(tab, 20);
    let lost = 0;
    await context.route('**/auth/refresh', async (route) => {
      lost += 1;
      if (lost > 2) return route.continue();
      await route.fetch();
      await (lost === 1 ? route.abort() : route.fulfill({ status: 502, body: 'Bad gateway' }));
    });

    expect(await me(tab)).toBe('ada');

    expect(lost).toBe(3);
    expect(await changes(tab)).toEqual([[true, 'sign-in']]);
  });

  it('learn that the session has ended', async () => {
    const [first, second] = [await openTab(storage), await openTab(storage)];
    await signIn(first);
    expect(await me(second)).toBe('ada');
    const elsewhere = await service.signIn();
    await service.post('/auth/logout-all', undefined, elsewhere.access_token);

    await expect(me(first)).rejects.toThrow();

    expect(await changes(first)).toEqual([
      [true, 'sign-in'],
      [false, 'expired'],
    ]);
    expect(await second.evaluate('astra.isSignedIn()')).toBe(false);
  });
});

it('sends its token to no other origin', async () => {
  const tab = await openTab('cookieStorage');
  await signIn(tab);
  const [request] = await Promise.all([
    tab.waitForRequest((one) => one.url() === `${app}/elsewhere`),
    tab.evaluate(`astra.fetch(${JSON.stringify(`${app}/elsewhere`)})`),
  ]);

  expect(await request.allHeaders()).not.toHaveProperty('authorization');
});
