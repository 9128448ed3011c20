import { Role } from '../../src/settings/role.js';
import { UsersService } from '../../src/users/users.service.js';
import { type AccountWindow, expectAccessible } from '../support/account-window.js';
import { age } from '../support/aged-session.js';
import { AppWindow } from '../support/app-window.js';
import { type MailService, publicUrl } from '../support/mail-service.js';
import { openForTests } from '../support/open-for-tests.js';
import { person } from '../support/test-service.js';

const ACCOUNT = `${publicUrl}/account`;

let app: MailService;
let window: AccountWindow;
openForTests(
  { auth: { refreshCookie: {}, mail: { language: 'de' } } },
  (opened) => ({ app, window } = opened),
);
let id: string;
beforeAll(async () => {
  const { access_token } = await app.service.signUp(person('ada'));
  id = (await app.service.get('/users/me', access_token)).body.id;
});
const { confirm, dialog, heading } = new AppWindow(() => window, ACCOUNT);

async function signIn(): Promise<void> {
  await window.fill('Benutzername oder E-Mail-Adresse', 'ada');
  await window.fill('Passwort', person('ada').password);
  await window.press('Anmelden');
}

/** Waits for the next request to the API that fails. */
const failure = () => window.page.waitForResponse((response) => response.status() === 503);

/**
 * Lets all requests to the API whose path ends so fail as they do while the database is away. Returns what ends that, as
 * soon as one has failed.
 */
async function takeAway(path: string): Promise<() => Promise<void>> {
  const url = `**/api/v1/${path}`;
  await window.page.route(url, (route) => route.fulfill({ status: 503, json: {} }));
  const failed = failure();
  return async () => {
    await failed;
    await window.page.unroute(url);
  };
}

const tryAgain = () => window.press('Erneut versuchen');

it('keeps the session and what was typed while the service is away, and goes on when it is back', async () => {
  await window.goto(ACCOUNT);
  let comeBack = await takeAway('users/me');
  await signIn();
  await window.page.getByText('Sie sind weiterhin angemeldet').waitFor();
  await expectAccessible(window);
  // The page says the same before and after this attempt.
  const failed = failure();
  await tryAgain();
  await failed;
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

it('keeps what was typed to sign up and in, and for a forgotten password', async () => {
  const message = window.page.getByRole('alert').filter({ hasText: 'Der Dienst ist nicht erreichbar' });
  const send = async (path: string, button: string, kept: string, next: string) => {
    const comeBack = await takeAway(path);
    await window.press(button);
    await message.waitFor();
    expect(await window.page.locator(`${kept}:visible`).inputValue()).not.toBe('');
    await comeBack();
    await window.press(button);
    await window.page.getByRole('heading', { name: next }).waitFor();
  };
  await window.goto(`${ACCOUNT}/sign-in`);
  await window.press('Konto anlegen');
  await window.fill('Benutzername', 'hedy');
  await window.fill('E-Mail-Adresse', 'hedy@example.com');
  await window.fill('Neues Passwort', person('hedy').password);
  let comeBack = await takeAway('auth/login');
  await send('auth/register', 'Konto anlegen', '[name=username]', 'Anmelden');
  // The account is there, but the sign-in after it has failed.
  await window.page.getByText('Ihr Konto wurde angelegt.').waitFor();
  await comeBack();
  comeBack = await takeAway('users/me');
  await send('auth/login', 'Anmelden', '[name=password]', 'Der Dienst ist nicht erreichbar');
  await comeBack();
  await tryAgain();
  await window.page.getByText('Ihr Benutzername ist hedy.').waitFor();

  await window.press('Abmelden');
  await window.page.getByRole('heading', { name: 'Sie sind abgemeldet' }).waitFor();
  await window.press('Anmelden');
  await window.press('Passwort vergessen?');
  await window.fill('E-Mail-Adresse', 'hedy@example.com');
  await send('auth/password/forgot', 'Link senden', '[name=email]', 'Prüfen Sie Ihren Posteingang');
});

it('keeps what was typed in a form of the console, also while the identity is confirmed', async () => {
  await app.service.app.get(UsersService, { strict: false }).update(id, { role: Role.Admin });
  await window.goto(`${publicUrl}/console#users`);
  await signIn();
  await window.press('Dienstkonto anlegen');
  await age(app.service, id, 400);
  await window.fill('Benutzername', 'backup');
  const create = dialog().getByRole('button', { name: 'Dienstkonto anlegen' });
  let comeBack = await takeAway('admin/service-accounts');
  await create.click();
  await dialog().getByText('Ihre Eingaben sind noch da').waitFor();
  await comeBack();
  comeBack = await takeAway('users/me/reauthenticate/options');
  await create.click();
  const proof = dialog().filter({ hasText: 'Erneut versuchen' });
  await proof.getByRole('button', { name: 'Erneut versuchen' }).waitFor();
  await comeBack();
  await proof.getByRole('button', { name: 'Erneut versuchen' }).click();
  comeBack = await takeAway('users/me/reauthenticate');
  await window.fill('Passwort', person('ada').password);
  await confirm('Bestätigen');
  await dialog().getByText('Ihre Eingaben sind noch da').waitFor();
  await comeBack();
  await confirm('Bestätigen');
  await heading('backup');
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
