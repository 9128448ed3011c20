import type { Browser } from 'playwright-core';
import { AccountWindow, expectAlert, expectOutcome, expectState } from '../support/account-window.js';
import { earlyInStep, totpCode } from '../support/authenticator.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { openForTests } from '../support/open-for-tests.js';
import { ada, TestService } from '../support/test-service.js';
import { VirtualAuthenticator } from '../support/virtual-authenticator.js';

const SIGN_IN = `${publicUrl}/account/sign-in`;

let app: MailService;
let browser: Browser;
let window: AccountWindow;

openForTests(
  {
    auth: { refreshCookie: {}, emailVerification: 'required', secondFactor: { required: ['admin'] } },
  },
  (opened) => ({ app, browser, window } = opened),
);

describe('The sign-in page', () => {
  it('works by keyboard alone', async () => {
    await register('hedy');
    await verify('hedy');
    await window.goto(SIGN_IN);
    const { keyboard } = window.page;
    await window.page.getByLabel('Password', { exact: true }).first().waitFor();

    await keyboard.press('Tab');
    await keyboard.type('hedy');
    await keyboard.press('Tab');
    await keyboard.type('wrong');
    await keyboard.press('Enter');
    await window.page.getByText('The username or the password is incorrect.').waitFor();
    // The focus is back in the field of the password.
    await keyboard.type(ada.password);
    await keyboard.press('Enter');
    await expectState(window, 'You are signed in');

    await tabTo('Set up an authenticator app');
    await keyboard.press('Enter');
    await expectState(window, 'Set up your authenticator app');
    await tabTo('Cancel');
    await keyboard.press('Enter');
    await expectState(window, 'You are signed in');
    await tabTo('Sign out');
    await keyboard.press('Space');
    await expectState(window, 'You are signed out');
  });

  it('sends another link to users whose email address is not verified', async () => {
    const { email } = await register('ida');
    await app.mail('verify-email', email);
    await window.goto(SIGN_IN);
    await enterPassword('ida');
    await expectOutcome(window, 'Confirm your email address first');
    await window.fill('Email address', email);
    await window.press('Send link');
    await expectState(window, 'Check your inbox');
    await app.service.post('/auth/verify-email', { token: await app.token('verify-email', email, 2) });
    await window.press('Sign in');
    await enterPassword('ida');
    await expectState(window, 'You are signed in');
  });

  it('sends a link to choose a new password', async () => {
    const { email } = await register('joan');
    await verify('joan');
    await window.goto(SIGN_IN);
    await window.press('Forgot password?');
    await expectOutcome(window, 'Reset your password');
    await window.fill('Email address', email);
    await window.press('Send link');
    await expectState(window, 'Check your inbox');
    await app.mail('reset-password', email);
  });

  it('begins again if the second factor comes too late', async () => {
    await register('lise');
    await verify('lise');
    const { access_token } = await app.service.signIn({ username: 'lise', password: ada.password });
    const { body } = await app.service.post('/users/me/factors/totp', {}, access_token);
    const code = { id: body.id, totp_code: totpCode(body.secret) };
    await app.service.post('/users/me/factors/totp/confirm', code, access_token);

    await window.goto(SIGN_IN);
    await enterPassword('lise');
    await window.page.locator('#totp:focus').waitFor();
    await app.service.database.query('UPDATE auth_sign_ins SET expires_at = now()');
    await window.fill('Code from your authenticator app', totpCode(body.secret, 1));
    await window.press('Continue');
    await window.page.getByText('This sign-in took too long').waitFor();
    await expectState(window, 'Sign in');
    await enterPassword('lise');
    await window.fill('Code from your authenticator app', totpCode(body.secret, 1));
    await window.press('Continue');
    await expectState(window, 'You are signed in');
  });

  it('adds the factor that a role requires, and returns to where the user came from', async () => {
    await register('mary');
    await verify('mary');
    await app.service.database.query(`UPDATE auth_users SET role = 'admin' WHERE username = 'mary'`);
    await window.goto(
      `${SIGN_IN}?return_to=${encodeURIComponent('/base/account/verify-email?from=app#top')}`,
    );
    await enterPassword('mary');
    await expectOutcome(window, 'Set up a second factor');
    await window.press('Set up an authenticator app');
    await expectState(window, 'Set up your authenticator app');
    const secret = (await window.page.locator('#setup code').innerText()).replaceAll(' ', '');
    await earlyInStep();
    await window.fill('Code that the app shows', totpCode(secret));
    await window.press('Confirm');
    await expectState(window, 'Save your recovery codes');
    await window.press('I have saved the codes');
    await window.page.waitForURL(/\/base\/account\/verify-email/);
    // Who is signed in already is not asked again.
    await window.goto(`${SIGN_IN}?return_to=/base/account/confirm-email`);
    await window.page.waitForURL(/\/base\/account\/confirm-email/);
  });

  it('adds a passkey as the factor that a role requires', async () => {
    await register('olga');
    await verify('olga');
    await app.service.database.query(`UPDATE auth_users SET role = 'admin' WHERE username = 'olga'`);
    const authenticator = await VirtualAuthenticator.add(window.page);
    await window.goto(SIGN_IN);
    await enterPassword('olga');
    await expectOutcome(window, 'Set up a second factor');
    await window.press('Add a passkey');
    await expectState(window, 'Save your recovery codes');
    await window.press('I have saved the codes');
    await expectState(window, 'You are signed in');
    expect(await authenticator.passkeys()).toHaveLength(1);
  });

  it('leads to no other origin', async () => {
    await register('nora');
    await verify('nora');
    await window.goto(SIGN_IN);
    await enterPassword('nora');
    await expectState(window, 'You are signed in');
    for (const target of [
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      '/.//evil.example',
      '/%2e//evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      '@evil.example',
    ]) {
      const query = new URLSearchParams({ return_to: target });
      await window.goto(`${SIGN_IN}?${query.toString()}`);
      await expectSignedIn();
    }
    await window.goto(`${SIGN_IN}?return_to=/base/account/verify-email&return_to=//evil.example`);
    await expectSignedIn();
  });
});

describe('The sign-in page of another service', () => {
  it('says how long to wait after too many wrong passwords', async () => {
    const strict = await TestService.start({
      on: app.service.database,
      rateLimit: true,
      auth: { publicUrl, worker: false },
    });
    const window = await AccountWindow.open(browser, strict);
    try {
      await register('karen');
      await window.goto(SIGN_IN);
      await window.fill('Username or email address', 'karen');
      for (let attempt = 0; attempt < 6; attempt++) {
        await window.fill('Password', `wrong ${attempt}`);
        const answer = window.page.waitForResponse(/login$/);
        await window.press('Sign in');
        await answer;
      }
      await expectAlert(window, /^Too many attempts\. Please try again in \d+ seconds\.$/);
      await window.disconnect();
      await window.fill('Password', ada.password);
      await window.press('Sign in');
      await window.page
        .getByText('The service could not be reached. Please try again in a moment.')
        .waitFor();
    } finally {
      await window.close();
      await strict.stop();
    }
  });

  it('is German, on a telephone, in the dark', async () => {
    const german = await beside({ refreshCookie: {}, mail: { language: 'de', productName: 'Reisebüro' } });
    const window = await AccountWindow.open(browser, german);
    try {
      await register('otto');
      await verify('otto');
      await window.goto(SIGN_IN);
      await window.fill('Benutzername oder E-Mail-Adresse', 'otto');
      await window.fill('Passwort', 'falsch');
      await window.press('Anmelden');
      await expectAlert(window, /^Der Benutzername oder das Passwort ist falsch\./);
      await window.fill('Passwort', ada.password);
      await window.press('Anmelden');
      await expectOutcome(window, 'Sie sind angemeldet');
      await window.press('Konto löschen');
      await expectOutcome(window, 'Ihr Konto löschen?');
    } finally {
      await window.close();
      await german.stop();
    }
  });

  it('offers nothing that the service does not have, and keeps nothing without the cookie', async () => {
    const plain = await beside({ features: { secondFactor: false, passkeys: false } });
    const window = await AccountWindow.open(browser, plain);
    try {
      await register('paula');
      await verify('paula');
      await window.goto(`${SIGN_IN}?return_to=/base/account/verify-email`);
      await window.fill('Username or email address', 'paula');
      await window.fill('Password', ada.password);
      expect(await window.page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()).toBe(
        false,
      );
      await window.press('Sign in');
      // Nobody would be signed in there.
      await expectState(window, 'You are signed in');
      expect(await window.page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['Account']);
      await window.page.reload();
      await window.page.getByLabel('Username or email address').waitFor();
      expect(await window.page.context().cookies()).toEqual([]);
    } finally {
      await window.close();
      await plain.stop();
    }
  });
});

/** The same accounts in a service with other options. The other service sends the email. */
function beside(auth: object): Promise<TestService> {
  return TestService.start({ on: app.service.database, auth: { publicUrl, worker: false, ...auth } });
}

async function register(username: string) {
  const person = { ...ada, username, email: `${username}@example.com` };
  const { status } = await app.service.post('/auth/register', person);
  expect(status).toBe(201);
  return person;
}

function verify(username: string): Promise<void> {
  return app.verify(`${username}@example.com`);
}

async function enterPassword(username: string, password = ada.password): Promise<void> {
  await window.fill('Username or email address', username);
  await window.fill('Password', password);
  await window.press('Sign in');
}

/** Moves the focus forward to a button. */
async function tabTo(button: string): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    await window.page.keyboard.press('Tab');
    if ((await window.page.evaluate('document.activeElement.textContent.trim()')) === button) return;
  }
  throw new Error(`The focus did not reach ${button}`);
}

async function expectSignedIn(): Promise<void> {
  await expectState(window, 'You are signed in');
  expect(window.page.url().startsWith(SIGN_IN)).toBe(true);
}
