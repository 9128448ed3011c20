import type { Browser } from 'playwright-core';
import { Role } from '../../src/settings/role.js';
import { UsersService } from '../../src/users/users.service.js';
import { AccountWindow, expectAccessible } from '../support/account-window.js';
import { age } from '../support/aged-session.js';
import { AppWindow } from '../support/app-window.js';
import { launchBrowser } from '../support/browser.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { ada, person } from '../support/test-service.js';

const CONSOLE = `${publicUrl}/console`;

let app: MailService;
let browser: Browser;
let window: AccountWindow;
/** IDs by username. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  const providers = { google: { clientId: 'x', clientSecret: 'y' } };
  app = await MailService.start({ webhooks: true, auth: { refreshCookie: {}, providers } });
  browser = await launchBrowser();
  for (const username of ['ada', 'grace', 'mary', 'zoe', 'rosa']) {
    const { id } = await app.signUp(person(username));
    ids[username] = id;
  }
  const users = app.service.app.get(UsersService, { strict: false });
  await users.update(ids.ada, { role: Role.Admin });
  await users.update(ids.mary, { role: Role.Moderator });
  await app.service.database.query(
    `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, email, created_at)
     VALUES (gen_random_uuid(), $1, 'google', 'https://accounts.google.com', '1174711', 'grace@gmail.example', now())`,
    [ids.grace],
  );
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

const { heading, status, dialog, row, confirm, enterPassword, openAs } = new AppWindow(() => window, CONSOLE);

/** A chart of the overview. */
const chart = (title: string) => window.page.getByRole('figure').filter({ hasText: title });
const field = async (id: string, name: string) =>
  (await app.service.database.query(`SELECT * FROM auth_users WHERE id = '${id}'`))[0][name];

describe('An administrator', () => {
  it('signs in and sees an overview, also after a reload', async () => {
    await openAs('ada');
    await heading('Overview');
    await window.page.getByRole('cell', { name: 'user_created' }).first().waitFor();
    await window.page
      .getByRole('row', { name: /^Sat|Sun|Mon|Tue|Wed|Thu|Fri/ })
      .first()
      .waitFor();
    // Each user has received a message, and nobody was locked out.
    await chart('Sent messages').getByRole('row').first().waitFor();
    await chart('Locked accounts').getByText('None in the last seven days.').waitFor();
    await expectAccessible(window);
    await window.takePicture('console-overview');
    await window.page.reload();
    await heading('Overview');
  });

  it('is told which chart cannot be read, and reads it again', async () => {
    const { page } = window;
    await page.route(/admin\/mail-counts/, (route) => route.abort());
    await openAs('ada');
    await chart('New accounts').getByRole('row').first().waitFor();
    const failed = chart('Sent messages');
    await failed.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    await expectAccessible(window);
    await page.unroute(/admin\/mail-counts/);
    await failed.getByRole('button', { name: 'Try again' }).click();
    await failed.getByRole('row').first().waitFor();
  });

  it('finds an account, and changes its role after confirming the identity', async () => {
    await openAs('ada', '#users');
    await row('mary').waitFor();
    await window.fill('Search', 'GRAC');
    await row('mary').waitFor({ state: 'detached' });
    await status('1 entry');
    await expectAccessible(window);
    await window.page.getByRole('link', { name: 'grace' }).click();
    await heading('grace');
    await row('google').filter({ hasText: '…4711' }).waitFor();

    await window.press('Edit');
    await expectAccessible(window);
    await window.fill('Full name', 'Grace Hopper');
    await window.page.getByLabel('Role').last().selectOption('moderator');
    await age(app.service, ids.ada, 400);
    await window.press('Save');
    await dialog().getByText('Before we do this').waitFor();
    await expectAccessible(window);
    await window.fill('Password', 'Synthetical1');
    await confirm('Confirm');
    await dialog().getByRole('alert').filter({ hasText: 'incorrect' }).waitFor();
    await window.fill('Password', ada.password);
    await confirm('Confirm');
    await status('The changes were saved.');
    await window.page.getByRole('definition').filter({ hasText: 'Grace Hopper' }).waitFor();
    expect(await field(ids.grace, 'role')).toBe('moderator');
    await window.takePicture('console-user');
  });

  it('scrolls through a long list, of which only what is near is in the document', async () => {
    await app.service.database.query(
      `INSERT INTO auth_users (id, username, email)
       SELECT gen_random_uuid(), 'crowd' || i, 'crowd' || i || '@example.com'
         FROM generate_series(100, 329) AS i`,
    );
    await openAs('ada', '#users?sort=username&q=crowd');
    await row('crowd100').waitFor();
    const { page } = window;
    const more = page.getByRole('button', { name: 'Show more' });
    // By the keyboard: the button keeps the focus, and what it reads comes before it.
    await more.focus();
    await page.keyboard.press('Enter');
    await row('crowd199').waitFor();
    expect(await more.evaluate('document.activeElement.textContent')).toBe('Show more');
    for (const last of ['crowd249', 'crowd299', 'crowd329']) {
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      await row(last).waitFor();
    }
    await row('crowd100').waitFor({ state: 'detached' });
    expect(await row('crowd329').getAttribute('aria-rowindex')).toBe('231');
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('231');
    await page.getByRole('button', { name: 'No more entries' }).waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await row('crowd100').waitFor();
    await row('crowd329').waitFor({ state: 'detached' });
    await expectAccessible(window);
    await app.service.database.query(`DELETE FROM auth_users WHERE username LIKE 'crowd%'`);
  });

  it('loses nothing that was entered if the identity is not confirmed', async () => {
    await openAs('ada', `#users/${ids.zoe}`);
    await window.press('Edit');
    await window.fill('Full name', 'Zoe Ross');
    await window.page.getByLabel('Role').last().selectOption('admin');
    await age(app.service, ids.ada, 400);
    await window.press('Save');
    await dialog().getByText('Before we do this').waitFor();
    await window.page.keyboard.press('Escape');
    await dialog().getByText('Before we do this').waitFor({ state: 'detached' });
    expect(await window.page.getByLabel('Full name').inputValue()).toBe('Zoe Ross');
    expect(await field(ids.zoe, 'role')).toBe('user');
  });

  it('creates an account by the keyboard alone, and is told what is wrong at each field', async () => {
    await openAs('ada', '#users');
    await window.page.getByRole('button', { name: 'Create an account' }).focus();
    await window.page.keyboard.press('Enter');
    await window.page.locator('dialog input:focus').waitFor();
    await window.page.keyboard.type('lin us');
    await window.page.keyboard.press('Tab');
    await window.page.keyboard.type('nowhere');
    await window.page.keyboard.press('Enter');
    await window.page.locator('[name=username]:focus[aria-invalid=true]').waitFor();
    expect(await window.page.locator('dialog .error').allInnerTexts()).toEqual([
      expect.stringMatching(/^The username/),
      expect.stringMatching(/email address/),
      '',
      '',
      '',
    ]);
    await expectAccessible(window);
    await window.page.keyboard.press('Control+A');
    await window.page.keyboard.type('linus');
    await window.page.keyboard.press('Tab');
    await window.page.keyboard.type('linus@example.com');
    await window.page.keyboard.press('Enter');
    await heading('linus');
    await status('The account “linus” was created.');
    ids.linus = new URL(window.page.url()).hash.split('/')[1];
    await app.mail('set-password', 'linus@example.com');
  });

  it('deactivates an account and activates it', async () => {
    await openAs('ada', `#users/${ids.linus}`);
    await window.press('Deactivate');
    await confirm('Deactivate');
    await status('The account was deactivated.');
    await window.page.getByText('inactive').waitFor();
    expect(await field(ids.linus, 'is_active')).toBe(false);
    await window.press('Activate');
    await confirm('Activate');
    await status('The account was activated.');
  });

  it('ends sessions and forces a password reset', async () => {
    await openAs('ada', `#users/${ids.rosa}`);
    await window.press('End all sessions');
    await confirm('Cancel');
    await window.press('End all sessions');
    await confirm('End all sessions');
    await status('All sessions were ended.');
    await window.press('Force a password reset');
    await confirm('Force a password reset');
    await status('The email to set a new password is on its way.');
    await app.mail('password-ended', 'rosa@example.com');
  });

  it('deletes an account and restores it', async () => {
    await openAs('ada', `#users/${ids.linus}`);
    await window.press('Delete the account');
    await confirm('Delete the account');
    await status('The account was deleted.');
    await heading('Users');
    await row('grace').waitFor();
    expect(await row('linus').count()).toBe(0);
    await window.page.getByLabel('Deleted').selectOption('true');
    await row('linus').getByRole('button', { name: 'Restore the account' }).click();
    await confirm('Restore the account');
    await status('The account was restored.');
    expect(await field(ids.linus, 'deleted_at')).toBeNull();
  });

  it('filters the audit trail', async () => {
    await openAs('ada', '#audit');
    await row('authn_login_success').first().waitFor();
    await window.page.getByLabel('Type').selectOption('user_restored');
    await status('1 entry');
    await row('user_restored').waitFor();
    await expectAccessible(window);
    await window.page.reload();
    await status('1 entry');
  });

  it('adds a webhook, sees its secret once, and sends a ping', async () => {
    await openAs('ada', '#webhooks');
    await window.press('Add a webhook');
    await window.fill('URL', 'https://127.0.0.1/hook');
    await confirm('Add a webhook');
    await dialog().locator('.error').filter({ hasText: /\S/ }).waitFor();
    await window.fill('URL', 'https://receiver.invalid/hook');
    await window.fill('Events', 'user.*, session.started');
    await confirm('Add a webhook');
    await dialog()
      .getByText(/^whsec_/)
      .waitFor();
    await expectAccessible(window);
    await confirm('Close');
    await window.page.getByRole('link', { name: 'https://receiver.invalid/hook' }).click();
    await heading('https://receiver.invalid/hook');
    await window.press('Send a ping');
    await confirm('Send a ping');
    await status('A ping is on its way.');
    await window.page.reload();
    await row('ping').waitFor();
    await expectAccessible(window);
    await window.press('Delete the webhook');
    await confirm('Delete the webhook');
    await status('The webhook was deleted.');
  });

  it('creates a service account and a key for it, and revokes the key', async () => {
    await openAs('ada', '#users');
    await window.press('Create a service account');
    await window.fill('Username', 'backup');
    await confirm('Create a service account');
    await heading('backup');
    await window.press('Create an API key');
    await window.fill('Name', 'nightly');
    await window.fill('Scopes', 'nonsense');
    await confirm('Create an API key');
    await dialog().locator('.error').filter({ hasText: /\S/ }).waitFor();
    await window.fill('Scopes', 'profile:read');
    await expectAccessible(window);
    await confirm('Create an API key');
    const token = await dialog().locator('code').innerText();
    expect(token).toMatch(/^astra_svc_\w{36}$/);
    expect((await app.service.get('/users/me', token)).body).toMatchObject({ username: 'backup' });
    await confirm('Close');
    await expectAccessible(window);
    await window.takePicture('console-keys');
    await row('nightly').getByRole('button', { name: 'Revoke' }).click();
    await confirm('Revoke');
    await status('The key was revoked.');
    expect((await app.service.get('/users/me', token)).status).toBe(401);
    await window.press('Delete the account');
    await confirm('Delete the account');
    await status('The account was deleted.');
  });

  it('signs in again when the session has ended, and finds what was entered', async () => {
    await openAs('ada', `#users/${ids.zoe}`);
    await window.press('Edit');
    await window.fill('Full name', 'Zoe Ross');
    const { access_token } = await app.service.signIn(ada);
    await app.service.post('/auth/logout-all', undefined, access_token);
    await window.press('Save');
    await window.page.getByRole('alert').filter({ hasText: 'no longer signed in' }).waitFor();
    await enterPassword('ada');
    await heading('zoe');
    expect(await window.page.getByLabel('Full name').inputValue()).toBe('Zoe Ross');
    await window.press('Save');
    await status('The changes were saved.');
    expect(await field(ids.zoe, 'full_name')).toBe('Zoe Ross');
  });

  it('is told if the service is away, and can try again', async () => {
    await openAs('ada', `#users/${ids.zoe}`);
    await window.press('Edit');
    await window.fill('Full name', 'Zoe');
    await window.disconnect();
    await window.press('Save');
    await dialog().getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    expect(await window.page.getByLabel('Full name').inputValue()).toBe('Zoe');
  });

  it('signs out', async () => {
    await openAs('ada');
    await heading('Overview');
    await window.page.waitForLoadState('networkidle');
    await window.press('Sign out');
    await heading('You are signed out');
    await window.page.reload();
    await heading('Sign in');
  });
});

describe('Others', () => {
  it('see no more than they may: a moderator', async () => {
    await openAs('mary', '#users');
    await row('zoe').waitFor();
    expect(await window.page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['Users']);
    expect(await window.page.getByRole('button').allInnerTexts()).toEqual(['Sign out']);
    await window.page.getByRole('link', { name: 'zoe' }).click();
    await heading('zoe');
    await window.page.getByRole('button', { name: 'Deactivate' }).waitFor();
    expect(await window.page.getByRole('button').allInnerTexts()).toEqual(['Sign out', 'Deactivate']);
  });

  it('see no more than they may: a user without rights', async () => {
    await openAs('zoe');
    await window.page.getByText('Your account has no rights in the console.').waitFor();
    await expectAccessible(window);
    expect(await window.page.getByRole('navigation').getByRole('link').count()).toBe(0);
  });

  it('use the console in German, on a phone, in the dark', async () => {
    const german = await MailService.start({
      on: app.service.database,
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
      await own.goto(`${CONSOLE}#users`);
      await own.fill('Benutzername oder E-Mail-Adresse', 'ada');
      await own.fill('Passwort', ada.password);
      await own.press('Anmelden');
      await own.page.getByRole('heading', { level: 1, name: 'Benutzer' }).waitFor();
      await own.page.getByRole('link', { name: 'grace' }).waitFor();
      await expectAccessible(own);
      await own.takeMobilePicture('console-mobile');
    } finally {
      await own.close();
      await german.stop();
    }
  });
});
