import type { Browser, Page } from 'playwright-core';
import { AccountWindow } from '../support/account-window.js';
import { launchBrowser, violationsIn } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { servedRoutes } from '../support/served-routes.js';
import { ada, person, TestService } from '../support/test-service.js';

/** Pages that need no sign-in. A new one that is not here fails the test. */
const forms = [
  'sign-in',
  'verify-email',
  'reset-password',
  'confirm-email',
  'undo-email-change',
  'provider-return',
];
/** Places of the applications, as links name them. A link to another one fails the test. */
const applications = {
  account: ['profile', 'sign-in', 'sessions', 'keys', 'activity', 'data'],
  console: ['overview', 'users', 'users/{id}', 'audit', 'webhooks', 'webhooks/{id}'],
};

const signIn = {
  en: ['Username or email address', 'Password', 'Sign in'],
  de: ['Benutzername oder E-Mail-Adresse', 'Passwort', 'Anmelden'],
};
type Language = keyof typeof signIn;
const languages: Language[] = ['en', 'de'];
const widths = [1280, 360];
/** Each needs to show everything without scrolling sideways. */
const allWidths = [1920, 1280, 1024, 900, 768, 600, 480, 360, 320];
const schemes = ['light', 'dark'] as const;

let app: MailService;
let browser: Browser;
const services = {} as Record<Language, TestService>;
/** What is shown at places of one thing. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  const auth = {
    publicUrl,
    ...{ refreshCookie: {}, providers: { google: { clientId: 'x', clientSecret: 'y' } } },
  };
  app = await MailService.start({ webhooks: true, auth });
  services.en = app.service;
  services.de = await TestService.start({
    ...{ on: app.service.database, webhooks: true, auth: { ...auth, worker: false } },
    mail: { language: 'de', smtpUrl: undefined, smtpTls: undefined, from: 'a@example.com', color: '#1f4fd8' },
  });
  browser = await launchBrowser();
  const { database } = app.service;
  const { id } = await app.signUp(ada);
  ids.users = (await app.signUp(person('grace'))).id;
  await database.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [id]);
  const { access_token } = await app.service.signIn(ada);
  const hook = { url: 'https://receiver.invalid/hook', types: ['*'] };
  ids.webhooks = (await app.service.post('/admin/webhooks', hook, access_token)).body.id;
  await app.service.post(`/admin/webhooks/${ids.webhooks}/test`, undefined, access_token);
  const key = { name: 'nightly', scopes: ['profile:read'], expires_in_days: 30 };
  await app.service.post('/users/me/api-keys', key, access_token);
  await database.query(
    `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, email, created_at)
     SELECT gen_random_uuid(), id, 'google', 'https://accounts.google.com', id::text, email, now() FROM auth_users`,
  );
});
afterAll(async () => {
  await browser?.close();
  await services.de?.stop();
  await app?.stop();
});

/** Waits until everything is there that the page reads. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1').filter({ visible: true, hasText: /\S/ }).first().waitFor();
  await eventually(async () => {
    expect(await page.locator('[aria-busy=true]').count()).toBe(0);
    expect(await page.getByText(/^(Loading|Wird geladen) …$/).count()).toBe(0);
    expect(await page.getByRole('alert').filter({ visible: true, hasText: /\S/ }).allInnerTexts()).toEqual(
      [],
    );
  }, 8_000);
}

/**
 * Marks what can be used, walks through all of it by the Tab key, and returns what is not reached, or does not show that it has
 * the focus.
 */
async function lostByKeyboard(page: Page): Promise<string[]> {
  const count = await page.evaluate<number>(`(() => {
    document.activeElement?.blur();
    const usable = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
    const all = [...document.querySelectorAll(usable)].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0);
    window.unreached = new Set(all);
    window.plain = new Map(all.map((one) => [one, lookOf(one)]));
    window.unmarked = [];
    function lookOf(one) {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
      return [outlineStyle, outlineWidth, boxShadow].join();
    }
    const look = ({ target }) => {
      if (unreached.delete(target) && lookOf(target) === plain.get(target)) unmarked.push(target.outerHTML);
    };
    if (window.look) removeEventListener('focusin', window.look);
    addEventListener('focusin', (window.look = look));
    // The parts of a date, and the button of its calendar, are reached one by one.
    return all.length + 3 * all.filter(({ type }) => type === 'date').length;
  })()`);
  for (let i = 0; i < count + 4; i++) await page.keyboard.press('Tab');
  return page.evaluate('[...[...unreached].map((one) => one.outerHTML), ...unmarked]');
}

/** Texts of the cells that are wider than their column, so that they cover the next one. */
const COVERED = `[...document.querySelectorAll('td, th')]
  .filter((cell) => cell.checkVisibility() && cell.offsetWidth > 1 && cell.scrollWidth > cell.clientWidth)
  .map((cell) => cell.innerText)`;

/** Everything that is wrong with what is shown, at each width and in each color scheme. */
async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const width of allWidths) {
    await page.setViewportSize({ width, height: 800 });
    const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (needed > width) faults.push(`${width} px: needs ${needed} px`);
    for (const text of await page.evaluate<string[]>(COVERED))
      faults.push(`${width} px: covers another: ${text}`);
  }
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    faults.push(...(await lostByKeyboard(page)).map((lost) => `${width} px: not by keyboard: ${lost}`));
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      // The other rules find the same in the dark.
      const rules = colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {};
      for (const { id, html } of await violationsIn(page, rules))
        faults.push(`${width} px, ${colorScheme}: ${id}: ${html.join(' ')}`);
    }
  }
  return faults;
}

it('knows every page', async () => {
  const routes = await servedRoutes(app.service);
  const pages = routes.filter((route) => /^GET \/(account|console)(\/[^.]+)?$/.test(route));
  const known = [...Object.keys(applications), ...forms.map((name) => `account/${name}`)];
  expect(pages.sort()).toEqual(known.map((path) => `GET /${path}`).sort());
});

describe.each(languages)('Every page in %s', (language) => {
  let window: AccountWindow;
  beforeEach(async () => {
    window = await AccountWindow.open(browser, services[language]);
  });
  afterEach(() => window.close());

  it('without a sign-in can be used by everybody', async () => {
    const { page } = window;
    const faults: Record<string, string[]> = {};
    for (const name of forms) {
      await page.goto(`${publicUrl}/account/${name}#token=${'a'.repeat(43)}`);
      await page.locator('h1').filter({ visible: true, hasText: /\S/ }).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.locator('html').getAttribute('lang')).toBe(language);
      faults[name] = await faultsOf(page);
    }
    expect(faults).toEqual(Object.fromEntries(forms.map((name) => [name, []])));
  });

  it.each(Object.entries(applications))(
    'of the application %s can be used by everybody',
    async (name, places) => {
      const { page } = window;
      await page.goto(`${publicUrl}/${name}`);
      const [username, password, button] = signIn[language];
      await window.fill(username, ada.username);
      await window.fill(password, ada.password);
      await window.press(button);
      await page.getByRole('navigation').waitFor();
      const faults: Record<string, string[]> = {};
      const linked = new Set<string>();
      for (const place of places) {
        await page.goto(`${publicUrl}/${name}#${place.replace('{id}', ids[place.split('/')[0]])}`);
        await settled(page);
        expect(await page.locator('html').getAttribute('lang')).toBe(language);
        faults[place] = await faultsOf(page);
        const links = await page.evaluate<string[]>(
          `[...document.querySelectorAll('a[href^="#"]:not(.skip)')].map((link) => link.getAttribute('href'))`,
        );
        for (const link of links)
          linked.add(
            link
              .slice(1)
              .split('?')[0]
              .replace(/\/[0-9a-f-]{36}$/, '/{id}'),
          );
      }
      expect(faults).toEqual(Object.fromEntries(places.map((place) => [place, []])));
      expect([...linked].sort()).toEqual([...places].sort());
    },
  );
});
