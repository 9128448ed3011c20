import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import {
  AccountWindow,
  expectAccessible,
  expectAlert,
  expectMistakes,
  expectOutcome,
} from '../support/account-window.js';
import { IMAGES } from '../support/browser.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { openForTests } from '../support/open-for-tests.js';
import type { ReceivedMail } from '../support/smtp-server.js';
import { ada, TestService } from '../support/test-service.js';

const newPassword = 'Nanosecond30cm';

let app: MailService;
let browser: Browser;
let window: AccountWindow;

openForTests({}, (opened) => ({ app, browser, window } = opened));

describe('The logo of the service', () => {
  it('is on each page, and an SVG file neither runs scripts nor loads anything', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'astra-logo-'));
    const logo = join(folder, 'logo.svg');
    // Green, unless the image is not shown. The window complains of requests to other servers.
    await writeFile(
      logo,
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 8 8" onload="fetch('https://evil.example/1')">
         <rect width="8" height="8" fill="#00ff00"/>
         <image xlink:href="https://evil.example/2" width="1" height="1"/>
         <style>@import url('https://evil.example/3');</style>
         <script>fetch('https://evil.example/4'); parent.document.title = 'taken';</script>
       </svg>`,
    );
    const own = await MailService.start({
      on: app.service.database,
      console: true,
      mail: {
        smtpUrl: undefined,
        smtpTls: undefined,
        from: 'a@example.com',
        language: 'en',
        color: '#1f4fd8',
        logo,
      },
    });
    const other = await AccountWindow.open(browser, own.service);
    try {
      for (const path of ['verify-email', 'sign-in', '../console']) {
        await other.goto(`${publicUrl}/account/${path}`);
        const place = other.page.locator('header span').first();
        await place.waitFor();
        const picture = (await place.screenshot()).toString('base64');
        const middle = await other.page.evaluate<number[]>(`(async () => {
          const image = await createImageBitmap(new Blob([Uint8Array.fromBase64('${picture}')]));
          const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
          canvas.drawImage(image, 0, 0);
          return [...canvas.getImageData(image.width / 2, image.height / 2, 1, 1).data];
        })()`);
        expect([path, middle]).toEqual([path, [0, 255, 0, 255]]);
        expect(await other.page.title()).not.toContain('taken');
        await expectAccessible(other);
      }
    } finally {
      await other.close();
      await own.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('The page that verifies an address', () => {
  it('does so when its button is pressed, and not before', async () => {
    const { email, access_token } = await signUp('ada');
    const link = linkIn(await app.mail('verify-email', email));
    await window.goto(link);
    expect(window.page.url()).toBe(`${publicUrl}/account/verify-email`);
    expect(await window.heading()).toBe('Confirm your email address');
    await expectAccessible(window);
    await window.takePicture('verify-email');
    expect((await app.service.get('/users/me', access_token)).body.email_verified).toBe(false);

    await window.press('Confirm email address');
    await expectOutcome(window, 'Your email address is confirmed');
    expect((await app.service.get('/users/me', access_token)).body.email_verified).toBe(true);

    // The same link once more, in the page that is open already.
    await window.goto(link);
    await window.page.getByText('Confirm that you want to use this email address').waitFor();
    await window.press('Confirm email address');
    await expectOutcome(window, 'This link no longer works');
  });

  it('sends a new link in place of one that was replaced', async () => {
    const { email } = await signUp('byron');
    const link = linkIn(await app.mail('verify-email', email));
    await app.service.post('/auth/verify-email/request', { email });
    await app.mail('verify-email', email, 2);

    await window.goto(link);
    await window.press('Confirm email address');
    await expectOutcome(window, 'This link no longer works');
    await window.fill('Email address', 'byron');
    await window.press('Send a new link');
    await expectMistakes(window, 'Email address', ['This email address is not valid or not supported.']);

    await window.fill('Email address', email);
    await window.press('Send a new link');
    await expectOutcome(window, 'Check your inbox');
    await window.goto(linkIn(await app.mail('verify-email', email, 3)));
    await window.press('Confirm email address');
    await expectOutcome(window, 'Your email address is confirmed');
  });

  it('names the account, and removes one that the reader did not create', async () => {
    const { email, password } = await signUp('squatter');
    await window.goto(linkIn(await app.mail('verify-email', email)));
    await window.page
      .getByRole('status')
      .filter({ hasText: /account “squatter” was created .+ \(node, 127\.0\.0\.0\/24\)\.$/ })
      .waitFor();
    await expectAccessible(window);
    await window.page.getByRole('button', { name: 'I didn’t create this account' }).hover();
    await expectAccessible(window);
    await window.press('I didn’t create this account');
    await expectOutcome(window, 'The account was removed');
    expect((await signIn('squatter', password)).status).toBe(401);
  });

  it('says so when the link was copied in part, or the page was loaded again', async () => {
    const { email } = await signUp('clara');
    await window.goto(linkIn(await app.mail('verify-email', email)));
    await window.page.reload();
    expect(await window.heading()).toBe('This link is incomplete');
    await expectAccessible(window);
    await window.goto(`${publicUrl}/account/verify-email#token=a%00b`);
    await window.press('Confirm email address');
    await expectOutcome(window, 'This link no longer works');
  });
});

describe('The page that sets a password', () => {
  it('takes a good one, and signs in with it and not with the old one', async () => {
    const { username, email } = await signUp('grace');
    await window.goto(await forget(email));
    expect(window.page.url()).toBe(`${publicUrl}/account/reset-password`);
    const field = window.page.getByLabel('New password');
    expect(await field.getAttribute('autocomplete')).toBe('new-password');
    await expectAccessible(window);
    await window.takePicture('reset-password');
    await window.takeMobilePicture('reset-password-mobile');

    await field.fill('12345678');
    await window.press('Save password');
    await expectMistakes(window, 'New password', [
      'The password must contain an uppercase letter.',
      'The password must contain a lowercase letter.',
      'This password is too common and easy to guess.',
    ]);
    expect((await signIn(username, ada.password)).status).toBe(200);

    await field.fill(newPassword);
    await window.press('Save password');
    await expectOutcome(window, 'Your new password is saved');
    expect((await signIn(username, ada.password)).status).toBe(401);
    expect((await signIn(username, newPassword)).status).toBe(200);
  });

  it('works by keyboard alone', async () => {
    const { username, email } = await signUp('hedy');
    await window.goto(await forget(email));
    const field = window.page.getByLabel('New password');
    const { keyboard } = window.page;

    await keyboard.press('Tab');
    await keyboard.type('weak');
    await keyboard.press('Enter');
    await expectMistakes(window, 'New password', [
      'The password must be at least 8 characters long.',
      'The password must contain an uppercase letter.',
      'The password must contain a digit.',
    ]);
    // The focus is back in the field.
    await keyboard.press('Control+A');
    await keyboard.type(newPassword);
    expect(await field.getAttribute('type')).toBe('password');
    await keyboard.press('Tab');
    await keyboard.press('Space');
    expect(await field.getAttribute('type')).toBe('text');
    expect(await field.inputValue()).toBe(newPassword);
    await keyboard.press('Tab');
    expect(await window.page.evaluate('getComputedStyle(document.activeElement).outlineWidth')).toBe('3px');
    await keyboard.press('Enter');
    await expectOutcome(window, 'Your new password is saved');
    expect((await signIn(username, newPassword)).status).toBe(200);
  });

  it('sends a new link in place of one that was used', async () => {
    const { username, email } = await signUp('ida');
    const link = await forget(email);
    const token = link.split('=')[1];
    await app.service.post('/auth/password/reset', { token, new_password: newPassword });

    await window.goto(link);
    await window.fill('New password', 'Millisecond300km');
    await window.press('Save password');
    await expectOutcome(window, 'This link no longer works');
    await window.fill('Email address', email);
    await window.page.getByLabel('Email address').press('Enter');
    await expectOutcome(window, 'Check your inbox');

    await window.goto(linkIn(await app.mail('reset-password', email, 2)));
    await window.fill('New password', 'Millisecond300km');
    await window.press('Save password');
    await expectOutcome(window, 'Your new password is saved');
    expect((await signIn(username, 'Millisecond300km')).status).toBe(200);
  });

  it('is also for the first password of an account', async () => {
    await app.service.database.query(
      `INSERT INTO auth_users (id, username, email) VALUES (gen_random_uuid(), 'joan', 'joan@example.com')`,
    );
    await app.service.post('/auth/password/forgot', { email: 'joan@example.com' });
    await window.goto(linkIn(await app.mail('set-password', 'joan@example.com')));
    await window.fill('New password', newPassword);
    await window.press('Save password');
    await expectOutcome(window, 'Your new password is saved');
    expect((await signIn('joan', newPassword)).status).toBe(200);
  });
});

describe('The page that confirms a new address', () => {
  it('gives it to the account when its button is pressed', async () => {
    const { access_token } = await signUp('karen');
    await window.goto(await move('karen@new.example', access_token));
    await expectAccessible(window);
    expect((await app.service.get('/users/me', access_token)).body.email).toBe('karen@example.com');
    await window.press('Use this email address');
    await expectOutcome(window, 'Your email address was changed');
    expect((await app.service.get('/users/me', access_token)).body.email).toBe('karen@new.example');
  });

  it('says so when another account was quicker', async () => {
    const { access_token } = await signUp('lise');
    const link = await move('quick@example.com', access_token);
    await signUp('quick');
    await window.goto(link);
    await window.press('Use this email address');
    await expectOutcome(window, 'This email address belongs to another account');
    await window.goto(`${link}x`);
    await window.press('Use this email address');
    await expectOutcome(window, 'This link no longer works');
  });
});

describe('A page of another product and language', () => {
  it('tells how long to wait, after too many tries and while the service is away', async () => {
    const database = await CuttableProxy.to(app.service.database.connection);
    const other = await startBeside(database);
    const window = await AccountWindow.open(browser, other);
    try {
      await window.goto(`${publicUrl}/account/reset-password#token=${'A'.repeat(43)}`);
      expect(await window.page.title()).toBe('Neues Passwort festlegen - Reisebüro Übersee');
      expect(await window.page.locator('html').getAttribute('lang')).toBe('de');
      await window.fill('Neues Passwort', newPassword);

      database.cut();
      await window.press('Passwort speichern');
      await expectAlert(window, /^Der Dienst ist nicht erreichbar\. .+ noch einmal\.$/);
      database.restore();
      await window.press('Passwort speichern');
      await expectOutcome(window, 'Dieser Link ist nicht mehr gültig');

      await window.goto(`${publicUrl}/account/reset-password#token=${'B'.repeat(43)}`);
      await window.fill('Neues Passwort', newPassword);
      await window.press('Passwort speichern');
      await expectAlert(window, /^Zu viele Versuche\. Bitte versuchen Sie es in \d+ Minuten noch einmal\.$/);

      await window.disconnect();
      await window.press('Passwort speichern');
      await expectAlert(
        window,
        /^Der Dienst ist nicht erreichbar\. Bitte versuchen Sie es in Kürze noch einmal\.$/,
      );
    } finally {
      await window.close();
      await other.stop();
      await database.close();
    }
  });
});

describe('A page of a colour too light for white', () => {
  it.each(['#c0ffee', '#777777'])('can be read all the same, also under the mouse: %s', async (color) => {
    const light = await TestService.start({ auth: { publicUrl, mail: { color } } });
    const window = await AccountWindow.open(browser, light);
    try {
      await window.goto(`${publicUrl}/account/reset-password#token=${'A'.repeat(43)}`);
      await expectAccessible(window);
      await window.page.getByRole('button', { name: 'Save password' }).hover();
      await expectAccessible(window);
    } finally {
      await window.close();
      await light.stop();
    }
  });
});

describe('The mailbox of a development service', () => {
  it('shows a message whose button opens the page', async () => {
    const { email } = await signUp('mary');
    await app.mail('verify-email', email);
    await window.goto(`${publicUrl}/dev/mail`);
    const message = window.page.locator('article', { hasText: email });
    await expectAccessible(window);
    const content = message.frameLocator('iframe');
    const link = content.getByRole('link', { name: 'Confirm email address' });
    await link.hover();
    await message.screenshot({ path: `${IMAGES}mail.png` });
    // Into a page of its own, which the frame's sandbox lets open. That page itself is opened here by its address: now
    // and then Chromium never tells its driver of a page that such a frame has opened.
    expect(await content.locator('base').getAttribute('target')).toBe('_blank');
    await window.goto((await link.getAttribute('href'))!);
    await window.press('Confirm email address');
    await expectOutcome(window, 'Your email address is confirmed');
  });
});

/** The same accounts, with a look of their own and strict limits. The other service goes on sending mail. */
function startBeside(database: CuttableProxy): Promise<TestService> {
  return TestService.start({
    on: app.service.database,
    via: database.address,
    rateLimit: true,
    auth: {
      publicUrl,
      worker: false,
      mail: { language: 'de', productName: 'Reisebüro Übersee', color: '#0b6e4f' },
      rateLimits: { reset: { limit: 1, window: 600 } },
    },
  });
}

async function signUp(username: string) {
  const person = { ...ada, username, email: `${username}@example.com` };
  return { ...person, ...(await app.service.signUp(person)) };
}

function signIn(username: string, password: string) {
  return app.service.post('/auth/login', { username, password });
}

/** @returns the link in the mail. */
async function forget(email: string): Promise<string> {
  await app.service.post('/auth/password/forgot', { email });
  return linkIn(await app.mail('reset-password', email));
}

/** @returns the link in the mail. */
async function move(new_email: string, token: string): Promise<string> {
  await app.service.post('/users/me/email', { new_email, current_password: ada.password }, token);
  return linkIn(await app.mail('confirm-email-change', new_email));
}

function linkIn({ text = '' }: ReceivedMail): string {
  return /https:\/\/\S+#token=\S+/.exec(text)![0];
}
