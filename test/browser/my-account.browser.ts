import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { AccountWindow, expectAccessible } from '../support/account-window.js';
import { age } from '../support/aged-session.js';
import { AppWindow } from '../support/app-window.js';
import { totpCode } from '../support/authenticator.js';
import { launchBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { ada, person } from '../support/test-service.js';
import { VirtualAuthenticator } from '../support/virtual-authenticator.js';

const ACCOUNT = `${publicUrl}/account`;

let app: MailService;
let browser: Browser;
let window: AccountWindow;
/** IDs by username. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  app = await MailService.start({ auth: { refreshCookie: {} } });
  browser = await launchBrowser();
  for (const username of ['ada', 'grace', 'mary', 'zoe'])
    ids[username] = (await app.signUp(person(username))).id;
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});
beforeEach(async () => {
  window = await AccountWindow.open(browser, app.service);
  await window.page.setViewportSize({ width: 1280, height: 800 });
});
afterEach(() => window.close());

const { heading, status, dialog, row, confirm, enterPassword, openAs } = new AppWindow(() => window, ACCOUNT);

/** What is entered in a field. */
const entered = (label: string) =>
  window.page.getByLabel(label, { exact: true }).filter({ visible: true }).inputValue();
/** The part of the page below a heading. */
const section = (name: string) => window.page.getByRole('region', { name, exact: true });

/** Answers the question for the password. */
async function proveIdentity(): Promise<void> {
  await dialog().getByText('Before we do this').waitFor();
  await window.page.getByRole('dialog').getByLabel('Password').fill(ada.password);
  await confirm('Confirm');
}

const field = async (id: string, name: string) =>
  (await app.service.database.query(`SELECT * FROM auth_users WHERE id = '${id}'`))[0][name];

describe('A user', () => {
  it('changes the names, also after a reload, and confirms the identity for the username', async () => {
    await openAs('ada');
    await heading('Profile');
    await expectAccessible(window);
    await window.page.reload();
    await heading('Profile');
    await age(app.service, ids.ada, 400);
    await window.fill('Full name', 'Ada Lovelace');
    await window.press('Save');
    await status('The changes were saved.');
    await window.fill('Username', 'grace');
    await window.press('Save');
    await dialog().getByText('Before we do this').waitFor();
    await expectAccessible(window);
    await window.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await entered('Username')).toBe('grace');
    await window.press('Save');
    await proveIdentity();
    await window.page
      .locator('[name=username]:focus[aria-invalid=true], main > form .alert:not(:empty)')
      .first()
      .waitFor();
    await window.fill('Username', 'countess');
    await window.press('Save');
    await window.page.locator('.user', { hasText: 'countess' }).waitFor();
    expect([await field(ids.ada, 'username'), await field(ids.ada, 'full_name')]).toEqual([
      'countess',
      'Ada Lovelace',
    ]);
    await window.takePicture('my-account');
  });

  it('changes the email address with a link to the new one', async () => {
    await openAs('zoe');
    await heading('Profile');
    await window.fill('New email address', 'nowhere');
    await window.press('Change email address');
    await window.page.locator('[name=new_email]:focus[aria-invalid=true]').waitFor();
    await window.fill('New email address', 'zoe@example.org');
    await age(app.service, ids.zoe, 400);
    await window.press('Change email address');
    await proveIdentity();
    await status('We sent an email to zoe@example.org.');
    await app.mail('confirm-email-change', 'zoe@example.org');
  });

  it('changes the password, which must be right and good', async () => {
    await openAs('zoe', '#sign-in');
    await window.fill('Current password', 'Synthetical1');
    await window.fill('New password', 'short');
    await window.press('Change password');
    await window.page.locator('[name=new_password]:focus[aria-invalid=true]').waitFor();
    await expectAccessible(window);
    await window.fill('New password', 'Analytical2Engine');
    await window.press('Change password');
    await window.page.getByRole('alert').filter({ hasText: 'incorrect' }).waitFor();
    await window.fill('Current password', ada.password);
    await window.press('Change password');
    await status('The password was saved.');
    expect(await entered('New password')).toBe('');
    await app.service.signIn({ ...person('zoe'), password: 'Analytical2Engine' });
  });

  it('signs out on one other device, and then everywhere else', async () => {
    for (let device = 0; device < 3; device++) await app.service.signIn(person('mary'));
    await openAs('mary', '#sessions');
    await row('this device').waitFor();
    const others = window.page.getByRole('button', { name: /^Sign out there: / });
    const before = await others.count();
    await expectAccessible(window);
    await others.first().click();
    await confirm('Sign out there');
    await status('You were signed out there.');
    await eventually(async () => expect(await window.page.locator('tbody tr').count()).toBe(before));
    await window.press('Sign out everywhere else');
    await confirm('Sign out everywhere else');
    await status('You were signed out everywhere else.');
    await others.first().waitFor({ state: 'detached' });
    expect(await row('this device').count()).toBe(1);
  });

  it('has a passkey, an app and recovery codes, and then no password', async () => {
    const authenticator = await VirtualAuthenticator.add(window.page);
    await authenticator.setPresent(false);
    await openAs('grace', '#sign-in');
    await authenticator.setPresent(true);
    await section('Passkeys').getByText('None').waitFor();

    await age(app.service, ids.grace, 400);
    await window.press('Add a passkey');
    await proveIdentity();
    await dialog().getByText('If you lose your app or passkey').waitFor();
    expect((await dialog().locator('.secret').innerText()).split('\n')).toHaveLength(10);
    await expectAccessible(window);
    await confirm('Close');
    await section('Passkeys')
      .getByRole('button', { name: /^Rename: / })
      .click();
    await dialog().getByLabel('Name').fill('My laptop');
    await confirm('Save');
    await status('The name was changed.');
    await section('Passkeys').getByText('My laptop').waitFor();

    await window.press('Set up an authenticator app');
    await dialog().getByRole('img', { name: 'QR code' }).waitFor();
    await expectAccessible(window);
    const secret = (await dialog().locator('code').innerText()).replaceAll(' ', '');
    await dialog().getByLabel('Code that the app shows').fill('12345');
    await confirm('Confirm');
    await window.page.locator('[name=totp_code]:focus[aria-invalid=true]').waitFor();
    await dialog().getByLabel('Code that the app shows').fill(totpCode(secret));
    await confirm('Confirm');
    await status('The authenticator app was added.');
    await section('Authenticator app').getByRole('listitem').waitFor();
    await section('Recovery codes').getByText('You have 10 unused codes.').waitFor();
    await expectAccessible(window);
    await window.takePicture('my-account-sign-in');
    await window.takeMobilePicture('my-account-mobile');

    await age(app.service, ids.grace, 400);
    await window.press('Create new recovery codes');
    await confirm('Create new recovery codes');
    await dialog()
      .filter({ hasText: 'Before we do this' })
      .getByRole('button', { name: 'Use a passkey' })
      .click();
    await dialog().getByText('If you lose your app or passkey').waitFor();
    await confirm('Close');

    await window.press('Remove the password');
    await confirm('Remove the password');
    await status('The password was removed.');
    expect(await field(ids.grace, 'hashed_password')).toBeNull();
    await window.fill('New password', ada.password);
    await window.press('Set a password');
    await status('The password was saved.');
    expect(await field(ids.grace, 'hashed_password')).not.toBeNull();

    await section('Passkeys').getByRole('button', { name: 'Remove: My laptop' }).click();
    await confirm('Remove');
    await status('It was removed.');
    await section('Passkeys').getByText('None').waitFor();
  });

  it('creates an API key by the keyboard alone, sees it once, renames and revokes it', async () => {
    await window.goto(`${ACCOUNT}#keys`);
    await enterPassword('zoe', 'Analytical2Engine');
    await heading('API keys');
    await window.page.getByText('There is nothing here yet.').waitFor();
    await window.page.getByRole('button', { name: 'Create an API key' }).focus();
    await window.page.keyboard.press('Enter');
    await window.page.locator('dialog input:focus').waitFor();
    await window.page.keyboard.press('Enter');
    await window.page.locator('[name=name]:focus[aria-invalid=true]').waitFor();
    // Only what the role of a user permits.
    expect(await dialog().getByRole('checkbox').count()).toBe(1);
    await expectAccessible(window);
    await window.page.keyboard.type('Backups');
    await age(app.service, ids.zoe, 400);
    await window.page.keyboard.press('Enter');
    await dialog().getByText('Before we do this').waitFor();
    await window.page.locator('dialog [name=password]:focus').waitFor();
    await window.page.keyboard.type('Analytical2Engine');
    await window.page.keyboard.press('Enter');
    const token = dialog().getByText(/^astra_pat_/);
    await token.waitFor();
    await expectAccessible(window);
    const key = await token.innerText();
    expect((await app.service.get('/users/me', key)).status).toBe(200);
    await confirm('Close');
    await row('Backups').waitFor();
    await expectAccessible(window);
    await window.takePicture('my-account-keys');
    await window.press('Rename: Backups');
    await dialog().getByLabel('Name').fill('Nightly backups');
    await confirm('Save');
    await window.press('Revoke: Nightly backups');
    await confirm('Revoke');
    await status('The API key was revoked.');
    await window.page.getByText('There is nothing here yet.').waitFor();
    expect((await app.service.get('/users/me', key)).status).toBe(401);
  });

  it('reads what happened to the account', async () => {
    await openAs('mary', '#activity');
    await row('You signed in').first().waitFor();
    await row('The account was created').waitFor();
    await expectAccessible(window);
  });

  it('downloads a copy of the data', async () => {
    await openAs('mary', '#data');
    await heading('Your data');
    await expectAccessible(window);
    const download = window.page.waitForEvent('download');
    await window.press('Download as a file');
    const file = await download;
    expect(file.suggestedFilename()).toBe('mary.json');
    const { user } = JSON.parse(await readFile(await file.path(), 'utf8'));
    expect(user).toMatchObject({ id: ids.mary, email: 'mary@example.com' });
    await status('The file was downloaded.');
  });

  it('signs in again when the session has ended, and finds what was entered', async () => {
    await openAs('mary');
    await window.fill('Full name', 'Mary Somerville');
    const { access_token } = await app.service.signIn(person('mary'));
    await app.service.post('/auth/logout-all', undefined, access_token);
    await window.press('Save');
    await window.page.getByRole('alert').filter({ hasText: 'no longer signed in' }).waitFor();
    await enterPassword('mary');
    await heading('Profile');
    expect(await entered('Full name')).toBe('Mary Somerville');
    await window.press('Save');
    await status('The changes were saved.');
    expect(await field(ids.mary, 'full_name')).toBe('Mary Somerville');
  });

  it('is told if the service is away, and loses nothing', async () => {
    await openAs('mary');
    await window.fill('Full name', 'Mary');
    await window.disconnect();
    await window.press('Save');
    await window.page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    expect(await entered('Full name')).toBe('Mary');
  });

  it('finds more than the sign-in page shows', async () => {
    await window.goto(`${publicUrl}/account/sign-in`);
    await enterPassword('mary');
    await window.page.getByRole('link', { name: 'More about your account' }).click();
    await heading('Profile');
    expect(window.page.url()).toBe(ACCOUNT);
  });

  it('deletes the account after confirming the identity', async () => {
    await openAs('mary', '#data');
    await heading('Your data');
    await age(app.service, ids.mary, 400);
    await window.press('Delete your account');
    await dialog().getByText('can no longer sign in').waitFor();
    await confirm('Delete your account');
    await proveIdentity();
    await heading('Your account was deleted');
    expect(await field(ids.mary, 'deleted_at')).not.toBeNull();
    await app.mail('account-deleted', 'mary@example.com');
  });
});

it('shows nothing that the service has off, and is in German, on a phone, in the dark', async () => {
  const german = await MailService.start({
    on: app.service.database,
    signInMethods: [],
    apiKeys: false,
    mail: {
      language: 'de',
      smtpUrl: undefined,
      smtpTls: undefined,
      from: 'a@example.com',
      color: '#1f4fd8',
    },
  });
  const own = await AccountWindow.open(browser, german.service);
  try {
    await own.page.setViewportSize({ width: 360, height: 680 });
    await own.goto(`${ACCOUNT}#sign-in`);
    await own.fill('Benutzername oder E-Mail-Adresse', 'countess');
    await own.fill('Passwort', ada.password);
    await own.press('Anmelden');
    await own.page.getByRole('heading', { level: 2, name: 'Passwort' }).waitFor();
    expect(await own.page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
      'Passwort',
      'Authenticator-App',
    ]);
    expect(await own.page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual([
      'Profil',
      'Anmeldung',
      'Sitzungen',
      'Aktivität',
      'Ihre Daten',
    ]);
    await expectAccessible(own);
  } finally {
    await own.close();
    await german.stop();
  }
});
