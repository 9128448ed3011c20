import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { ada, TestService } from '../support/test-service.js';

/** A web server with nothing but an empty page. */
async function serveEmptyPage(): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) =>
    response.setHeader('Content-Type', 'text/html').end('<p>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a script saw of an answer. */
interface Seen {
  status?: number;
  body?: { refresh_token?: string; access_token?: string; type?: string };
  /** In place of both, where the browser shows none. */
  error?: string;
}

let servers: Server[];
let service: TestService;
let api: string;
/** The front end that the service knows; a neighbour on the same host; and a page of another site. */
let app: string;
let neighbour: string;
let stranger: string;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  const [ours, theirs] = await Promise.all([serveEmptyPage(), serveEmptyPage()]);
  servers = [ours.server, theirs.server];
  app = `http://localhost:${ours.port}`;
  neighbour = `http://localhost:${theirs.port}`;
  stranger = `http://127.0.0.1:${theirs.port}`;
  service = await TestService.start({
    corsOrigins: [app],
    auth: { refreshCookie: { origins: [app] } },
  });
  api = service.origin.replace('127.0.0.1', 'localhost');
  await service.signUp();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await service.stop();
  for (const server of servers) server.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

async function open(url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** Sends a request by a script of the page, as docs/cookies.md shows. */
function ask(page: Page, path: string, init: RequestInit = {}): Promise<Seen> {
  const url = `${api}/api/v1${path}`;
  const headers = { 'X-Astra-Client': 'browser', 'Content-Type': 'application/json' };
  const options = { method: 'POST', credentials: 'include', headers, ...init };
  return page.evaluate<Seen>(`(async () => {
    try {
      const response = await fetch(${JSON.stringify(url)}, ${JSON.stringify(options)});
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : undefined };
    } catch (error) {
      return { error: String(error) };
    }
  })()`);
}

const signIn = (page: Page) =>
  ask(page, '/auth/login', { body: JSON.stringify({ username: 'ada', password: ada.password }) });

const cookies = async () =>
  (await context.cookies(api)).filter(({ name }) => name === '__Host-astra_refresh');

describe('A page that keeps its refresh token in the cookie', () => {
  it.each([
    ['of a front end at another port', () => app],
    ["of the service's own origin", () => `${api}/account/verify-email`],
  ])('%s stays signed in over a reload, and no script sees the token', async (_, url) => {
    const page = await open(url());
    expect(await signIn(page)).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
    expect(await cookies()).toMatchObject([{ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' }]);
    expect(await page.evaluate('document.cookie')).toBe('');

    await page.reload();
    const refreshed = await ask(page, '/auth/refresh');
    expect(refreshed).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
    expect(refreshed.body?.refresh_token).toBeUndefined();
  });

  it('converges with a second tab that refreshes at the same moment', async () => {
    const tabs = [await open(app), await open(app)];
    await signIn(tabs[0]);
    // Once each: of more, one could be sent with the grandparent of what another got meanwhile, which is a replay.
    const seen = await Promise.all(tabs.map((tab) => ask(tab, '/auth/refresh')));
    expect(seen.map(({ status }) => status)).toEqual([200, 200]);
    expect(await ask(tabs[1], '/auth/refresh')).toMatchObject({ status: 200 });
  });

  it('loses the cookie when it signs out', async () => {
    const page = await open(app);
    const { body } = await signIn(page);
    const headers = { Authorization: `Bearer ${body?.access_token}` };
    expect(await ask(page, '/auth/logout', { headers })).toMatchObject({ status: 204 });
    expect(await cookies()).toEqual([]);
    expect(await ask(page, '/auth/refresh')).toMatchObject({ status: 401 });
  });
});

describe('A page that the service does not know', () => {
  it.each([
    ['of another site', () => stranger],
    ['of the same host', () => neighbour],
  ])('%s can neither use nor change the cookie', async (_, url) => {
    const ours = await open(app);
    await signIn(ours);
    const [before] = await cookies();
    const theirs = await open(url());

    // By script, with the header: the browser asks first (CORS), and is refused.
    for (const path of ['/auth/refresh', '/auth/revoke', '/auth/login']) {
      expect(await ask(theirs, path)).toEqual({ error: expect.stringMatching(/Failed to fetch/) });
    }
    // By script, as simple a request as any form's: it arrives, perhaps with the cookie, but without the header.
    for (const path of ['/auth/refresh', '/auth/revoke']) {
      await ask(theirs, path, { mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: '{}' });
    }
    // By forms: signing somebody in as somebody else is an attack as well.
    for (const [path, fields] of [
      ['/auth/refresh', ''],
      ['/auth/revoke', ''],
      ['/auth/login', '<input name=username value=ada><input name=password value=Analytical1>'],
    ]) {
      const form = await open(url());
      await form.setContent(`<form method=post action="${api}/api/v1${path}">${fields}</form>`);
      await Promise.all([form.waitForURL(/\/auth\//), form.evaluate('document.forms[0].submit()')]);
    }

    expect(await cookies()).toEqual([before]);
    expect(await ask(ours, '/auth/refresh')).toMatchObject({ status: 200 });
  });
});
