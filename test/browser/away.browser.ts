import type { Browser } from 'playwright-core';
import { AccountWindow, expectAccessible } from '../support/account-window.js';
import { AppWindow } from '../support/app-window.js';
import { launchBrowser } from '../support/browser.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { person } from '../support/test-service.js';

const ACCOUNT = `${publicUrl}/account`;

let app: MailService;
let browser: Browser;
let window: AccountWindow;
beforeAll(async () => {
  app = await MailService.start({ auth: { refreshCookie: {}, mail: { language: 'de' } } });
  browser = await launchBrowser();
  await app.service.signUp(person('ada'));
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});
beforeEach(async () => {
  window = await AccountWindow.open(browser, app.service);
});
afterEach(() => window.close());

const { heading } = new AppWindow(() => window, ACCOUNT);

async function signIn(): Promise<void> {
  await window.fill('Benutzername oder E-Mail-Adresse', 'ada');
  await window.fill('Passwort', person('ada').password);
  await window.press('Anmelden');
}

/** Lets all requests to the API whose path ends so fail as they do while the database is away. Returns what ends that. */
async function takeAway(path: string): Promise<() => Promise<void>> {
  const url = `**/api/v1/${path}`;
  await window.page.route(url, (route) => route.fulfill({ status: 503, json: {} }));
  return () => window.page.unroute(url);
}

const tryAgain = () => window.press('Erneut versuchen');

it('keeps the session and what was typed while the service is away, and goes on when it is back', async () => {
  await window.goto(ACCOUNT);
  let comeBack = await takeAway('users/me');
  await signIn();
  await window.page.getByText('Sie sind weiterhin angemeldet').waitFor();
  await expectAccessible(window);
  await tryAgain();
  await window.page.getByText('Sie sind weiterhin angemeldet').waitFor();
  await comeBack();
  await tryAgain();
  await heading('Profil');

  comeBack = await takeAway('auth/refresh');
  await window.page.reload();
  await window.page.getByRole('heading', { name: 'Der Dienst ist nicht erreichbar' }).waitFor();
  await expectAccessible(window);
  await comeBack();
  await tryAgain();
  await heading('Profil');

  comeBack = await takeAway('users/me');
  await window.fill('Vollständiger Name', 'Ada Lovelace');
  await window.press('Speichern');
  await window.page.getByRole('alert').filter({ hasText: 'Ihre Eingaben sind noch da' }).waitFor();
  await comeBack();
  await window.press('Speichern');
  await window.page.getByRole('status').filter({ hasText: 'gespeichert' }).waitFor();
});

it('says in the language of the page what the API refuses', async () => {
  const english: string[] = [];
  window.page.on('response', async (response) => {
    if (response.status() !== 422) return;
    const { errors } = (await response.json()) as { errors: { msg: string }[] };
    english.push(...errors.map(({ msg }) => msg));
  });
  await window.goto(ACCOUNT);
  await signIn();
  await heading('Profil');
  await window.fill('Benutzername', 'x');
  await window.fill('Vollständiger Name', 'y'.repeat(200));
  await window.press('Speichern');
  await window.page.getByText('Der Benutzername muss 3 bis 50 Zeichen lang sein.').waitFor();
  await window.page.getByText('Der Name muss 1 bis 100 Zeichen lang sein.').waitFor();
  await window.fill('Neue E-Mail-Adresse', 'nirgends');
  await window.press('E-Mail-Adresse ändern');
  await window.page.getByText('Diese E-Mail-Adresse ist ungültig').waitFor();
  const text = await window.page.locator('body').innerText();
  expect(english.length).toBeGreaterThan(2);
  expect(english.filter((msg) => text.includes(msg))).toEqual([]);
});
