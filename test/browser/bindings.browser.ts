import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { ClientRecipes } from '../support/client-recipes.js';
import { ada, TestService } from '../support/test-service.js';

/** Scripts of pages, each with the recipe of docs/client.md in it, twice. */
const scripts = {
  react: `
    import { StrictMode } from 'react';
    import { hydrateRoot } from 'react-dom/client';
    import { App } from './account.js';

    globalThis.errors = [];
    hydrateRoot(document.querySelector('main'), <StrictMode><App /><App /></StrictMode>, {
      onRecoverableError: (error) => errors.push(String(error)),
    });`,
  vue: `
    import { AstraClient, signIn } from 'nestjs-astra/client';
    import { createSSRApp, h } from 'vue';
    import { client, App } from './vue-app.js';

    globalThis.astra = client;
    globalThis.errors = [];
    globalThis.signIn = signIn;
    const app = createSSRApp(App);
    app.config.warnHandler = (warning) => errors.push(warning);
    app.mount('main');`,
};

/** Code that renders the same pages on a server. */
const servers = {
  react: `
    import { StrictMode } from 'react';
    import { renderToString } from 'react-dom/server';
    import { App } from './account.js';

    console.log(renderToString(<StrictMode><App /><App /></StrictMode>));`,
  vue: `
    import { createSSRApp } from 'vue';
    import { renderToString } from 'vue/server-renderer';
    import { App } from './vue-app.js';

    console.log(await renderToString(createSSRApp(App)));`,
};

const vueApp = `
import { AstraClient } from 'nestjs-astra/client';
import { h } from 'vue';
import { useUser } from './use-user.js';

export const client = new AstraClient({ url: '/api/v1' });
const Account = {
  setup() {
    const { state, reload } = useUser(client);
    return () => {
      const { user, error } = state.value;
      if (error) return h('button', { onClick: reload }, 'Try again');
      if (user === undefined) return h('p', 'Loading …');
      return h('p', user ? 'Signed in as ' + user.username : 'Signed out');
    };
  },
};
export const App = { render: () => h('section', [h(Account), h(Account)]) };
`;

type Framework = keyof typeof scripts;

let recipes: ClientRecipes;
let service: TestService;
let origin: string;
let browser: Browser;
let context: BrowserContext;
const pages = {} as Record<Framework, { html: string; script: string }>;
/** Requests of the context for the user. */
let asked: number;

beforeAll(async () => {
  recipes = await ClientRecipes.write();
  await recipes.add('vue-app.ts', vueApp);
  for (const name of ['react', 'vue'] as const)
    pages[name] = { script: await recipes.bundle(scripts[name]), html: await recipes.run(servers[name]) };
  service = await TestService.start({ auth: { refreshCookie: { origins: [] } } });
  origin = service.origin.replace('127.0.0.1', 'localhost');
  await service.signUp();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await service.stop();
  await recipes.remove();
});
beforeEach(async () => {
  context = await browser.newContext();
  asked = 0;
  context.on('request', (request) => {
    if (request.url().endsWith('/users/me') && request.method() === 'GET') asked += 1;
  });
});
afterEach(() => context.close());

/** Opens a page as a server has rendered it. */
async function open(framework: Framework): Promise<Page> {
  const page = await context.newPage();
  const { html, script } = pages[framework];
  await page.route(`${origin}/app`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><meta charset="utf-8"><main>${html.trim()}</main><script type="module" src="/app.js"></script>`,
    }),
  );
  await page.route(`${origin}/app.js`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  await page.goto(`${origin}/app`);
  return page;
}

const signIn = async (page: Page, password = ada.password) => {
  await page.getByLabel('Username').first().fill(ada.username);
  await page.getByLabel('Password').first().fill(password);
  await page.getByRole('button', { name: 'Sign in' }).first().click();
};
/** Waits until this is in both places of the page. */
const expectTwice = async (page: Page, text: string) => {
  await page.getByText(text).nth(1).waitFor();
  expect(await page.evaluate('errors')).toEqual([]);
};

describe('React', () => {
  it('hydrates what a server has rendered, signs in, and shows the user in all places with one request', async () => {
    expect(pages.react.html).toContain('Loading');
    const page = await open('react');
    await page.getByLabel('Username').nth(1).waitFor();

    await signIn(page, 'wrong');
    await page.getByText('Incorrect username or password').waitFor();
    await signIn(page);
    await expectTwice(page, 'Signed in as ada');

    expect(asked).toBe(1);
  });

  it('goes on after a reload, and in another tab, where a sign-out counts as well', async () => {
    const first = await open('react');
    await signIn(first);
    await expectTwice(first, 'Signed in as ada');
    await first.reload();
    await expectTwice(first, 'Signed in as ada');
    const second = await open('react');
    await expectTwice(second, 'Signed in as ada');

    await second.getByRole('button', { name: 'Sign out' }).first().click();

    for (const page of [first, second]) await page.getByLabel('Username').nth(1).waitFor();
    await signIn(first);
    for (const page of [first, second]) await expectTwice(page, 'Signed in as ada');
  });

  it('offers to try again while the service is away', async () => {
    const page = await open('react');
    let isAway = true;
    await context.route('**/users/me', (route) => (isAway ? route.abort() : route.continue()));
    await signIn(page);
    await expectTwice(page, 'Try again');
    isAway = false;
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await expectTwice(page, 'Signed in as ada');
  });
});

describe('Vue', () => {
  it('hydrates what a server has rendered, and shows each sign-in and sign-out', async () => {
    expect(pages.vue.html).toContain('Loading');
    const page = await open('vue');
    await expectTwice(page, 'Signed out');
    await page.evaluate(
      `signIn(astra, ${JSON.stringify({ username: ada.username, password: ada.password })})`,
    );
    await expectTwice(page, 'Signed in as ada');
    expect(asked).toBe(1);
    await page.evaluate('astra.signOut()');
    await expectTwice(page, 'Signed out');
  });
});
