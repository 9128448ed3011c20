import type { Browser, Page } from 'playwright-core';
import {
  AccountWindow,
  expectAlert,
  expectMistakes,
  expectOutcome,
  expectState,
} from '../support/account-window.js';
import { age } from '../support/aged-session.js';
import { totpCode } from '../support/authenticator.js';
import { eventually } from '../support/eventually.js';
import { newFactorHolder } from '../support/factor-holder.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { openForTests } from '../support/open-for-tests.js';
import { ada, TestService } from '../support/test-service.js';

const SIGN_IN = `${publicUrl}/account/sign-in`;
const BUTTON = 'Sign in with a code by email';

let app: MailService;
let browser: Browser;
let window: AccountWindow;

openForTests(
  {
    signInMethods: ['password', 'passkey', 'email-code'],
    auth: { refreshCookie: {} },
  },
  (opened) => ({ app, browser, window } = opened),
);
describe('The sign-in page', () => {
  it('signs in with a code, by keyboard alone', async () => {
    const { email } = await register('ada');
    await window.goto(SIGN_IN);
    const { keyboard } = window.page;
    await window.page.getByLabel('Username or email address').fill(email);
    await tabTo(BUTTON);
    await keyboard.press('Enter');
    await expectOutcome(window, 'Sign in with a code');
    await tabTo('Email address');
    // Taken from the form before, and with the right keyboard on a phone.
    expect(await focused()).toMatchObject({
      value: email,
      type: 'email',
      inputMode: 'email',
      autocomplete: 'email',
    });
    await keyboard.press('Enter');
    await window.page.locator('#email-code:focus').waitFor();
    expect(await window.heading()).toBe('Check your inbox');
    expect(await focused()).toMatchObject({ inputMode: 'numeric', autocomplete: 'one-time-code' });
    await window.takeMobilePicture('email-code-mobile');

    await keyboard.type('1234567');
    await keyboard.press('Enter');
    await expectMistakes(window, 'Code from the email', ['The code must have 8 digits.']);
    await keyboard.type('12345678');
    await keyboard.press('Enter');
    await expectAlert(window, /^This code is incorrect/);
    await keyboard.type((await mailTo(email)).code);
    await keyboard.press('Enter');
    await expectState(window, 'You are signed in');
    expect(await window.page.evaluate('JSON.stringify([document.cookie, localStorage])')).toBe('["",{}]');
  });

  it('sends another code, after which the second factor comes', async () => {
    const { email, secret } = await newFactorHolder(app.service, 'grace');
    await window.goto(SIGN_IN);
    await askFor(email);
    await mailTo(email);
    await window.press('Send a new code');
    await window.press('Send code');
    const { code } = await mailTo(email, 2);
    await window.fill('Code from the email', code);
    await window.press('Continue');
    await window.fill('Code from your authenticator app', totpCode(secret, 1));
    await window.press('Continue');
    await expectState(window, 'You are signed in');
  });

  it('says nothing of an address without an account, and begins anew after five wrong codes', async () => {
    await window.goto(SIGN_IN);
    await askFor('nobody@example.com');
    await window.page.getByText('If there is an account with the email address nobody@example.com').waitFor();
    for (let i = 0; i < 6; i++) {
      await window.fill('Code from the email', '12345678');
      await window.press('Continue');
      if (i < 5) await expectAlertGone();
    }
    await expectState(window, 'Sign in');
    await expectAlert(window, /^This sign-in took too long, or there were too many wrong codes\./);
  });

  it('confirms an identity with a code', async () => {
    const { email, username, id } = await register('hedy');
    await window.goto(SIGN_IN);
    await window.fill('Username or email address', username);
    await window.fill('Password', ada.password);
    await window.press('Sign in');
    await expectState(window, 'You are signed in');
    await age(app.service, id, 3_600);
    await window.press('Set up an authenticator app');
    await window.page.getByText('please confirm your identity').waitFor();
    await window.press('Get a code by email');
    await window.press('Send code');
    const { code, link } = await mailTo(email);
    expect(link).toBeUndefined();
    await window.fill('Code from the email', code);
    await window.press('Continue');
    await expectState(window, 'Set up your authenticator app');
  });
});

describe('The link in the message', () => {
  it('signs in with a button in the browser that has asked for it, and in all of its tabs', async () => {
    const { email } = await register('ida');
    await window.goto(SIGN_IN);
    await askFor(email);
    const { link } = await mailTo(email);
    const tab = await window.page.context().newPage();
    await tab.goto(link!);
    // The code has left the URL, and opening the link has used nothing up.
    expect(tab.url()).toBe(SIGN_IN);
    await tab.goto('about:blank');
    await tab.goto(link!);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    await tab.locator('h1:focus', { hasText: 'You are signed in' }).waitFor();
    await expectState(window, 'You are signed in');
  });

  it('shows the code to enter in any other browser, and gives a scanner nothing', async () => {
    const { email, id } = await register('joan');
    await window.goto(SIGN_IN);
    await askFor(email);
    const { link, code } = await mailTo(email);

    const scanner = await AccountWindow.open(browser, app.service);
    try {
      const tokens: string[] = [];
      scanner.page.on('response', async (response) => {
        if ((await response.text().catch(() => '')).includes('"access_token":')) tokens.push(response.url());
      });
      await scanner.goto(link!);
      await expectOutcome(scanner, 'Enter this code where you asked for it');
      expect(await scanner.page.locator('output').innerText()).toBe(code);
      await scanner.takePicture('email-code-elsewhere');
      await pressAll(scanner.page);
      // As a script that knows the API, with all that the scanner has.
      const refused = await scanner.page.evaluate<number>(`
        fetch('../api/v1/auth/login/continue', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-astra-client': 'browser' },
          body: JSON.stringify({ email_code: '${code.replace(' ', '')}' }),
        }).then(({ status }) => status)`);
      expect([refused, tokens]).toEqual([401, []]);
      expect(await sessionsOf(id)).toBe(0);
    } finally {
      await scanner.close();
    }
    await window.fill('Code from the email', code);
    await window.press('Continue');
    await expectState(window, 'You are signed in');
  });

  it('says when it has been used, or there is a newer one', async () => {
    const { email } = await register('kate');
    await window.goto(SIGN_IN);
    await askFor(email);
    const first = await mailTo(email);
    await window.goto(SIGN_IN);
    await askFor(email);
    await mailTo(email, 2);
    const tab = await window.page.context().newPage();
    await tab.goto(first.link!);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    await tab.getByText('This code is incorrect, or was already used.').waitFor();
  });

  it('works at http://localhost as well, as in development', async () => {
    const { email } = await register('lise');
    const origin = app.service.origin.replace('127.0.0.1', 'localhost');
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`${origin}/account/sign-in`);
      await page.getByRole('button', { name: BUTTON }).click();
      await page.getByLabel('Email address', { exact: true }).filter({ visible: true }).fill(email);
      await page.getByRole('button', { name: 'Send code' }).filter({ visible: true }).click();
      const { link } = await mailTo(email);
      const tab = await context.newPage();
      await tab.goto(link!.replace(publicUrl, origin));
      await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
      await tab.locator('h1:focus', { hasText: 'You are signed in' }).waitFor();
    } finally {
      await context.close();
    }
  });
});

describe('The page of a German service', () => {
  it('is German from the button to the code, and fits on a phone', async () => {
    const german = await TestService.start({
      on: app.service.database,
      signInMethods: ['password', 'passkey', 'email-code'],
      mail: {
        smtpUrl: undefined,
        smtpTls: undefined,
        from: 'a@example.com',
        language: 'de',
        color: '#1f4fd8',
      },
      auth: { publicUrl, refreshCookie: {} },
    });
    const phone = await AccountWindow.open(browser, german);
    try {
      await phone.page.setViewportSize({ width: 360, height: 680 });
      await phone.goto(SIGN_IN);
      await phone.press('Mit einem Code per E-Mail anmelden');
      await expectOutcome(phone, 'Mit einem Code anmelden');
      await phone.fill('E-Mail-Adresse', 'nobody@example.com');
      await phone.press('Code senden');
      await phone.page.locator('#email-code:focus').waitFor();
      expect(await phone.heading()).toBe('Sehen Sie in Ihr Postfach');
      expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      await phone.goto(`${SIGN_IN}#code=12345678`);
      await phone.press('Anmelden');
      await expectAlert(phone, /^Dieser Code ist falsch/);
    } finally {
      await phone.close();
      await german.stop();
    }
  });
});

it('offers no codes where the service has none', async () => {
  const other = await TestService.start({ on: app.service.database, auth: { publicUrl, refreshCookie: {} } });
  const plain = await AccountWindow.open(browser, other);
  try {
    await plain.goto(SIGN_IN);
    await plain.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await plain.page.getByRole('button', { name: BUTTON }).count()).toBe(0);
  } finally {
    await plain.close();
    await other.stop();
  }
});

/** Somebody with a verified email address. */
async function register(username: string) {
  const person = { ...ada, username, email: `${username}@example.com` };
  const { body } = await app.service.post('/auth/register', person);
  await app.service.database.query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', [
    body.id,
  ]);
  return { ...person, id: body.id as string };
}

async function askFor(email: string): Promise<void> {
  await window.press(BUTTON);
  await window.fill('Email address', email);
  await window.page.getByRole('button', { name: 'Send code' }).filter({ visible: true }).click();
  await window.page.locator('#email-code:focus').waitFor();
}

/** The code and the link of a message. */
async function mailTo(email: string, count = 1) {
  const { text = '' } = await app.mail('email-code', email, count);
  const [, code] = /\b(\d{4} \d{4})\b/.exec(text) ?? [];
  const [link] = /https:\/\/\S+#code=\d{8}(?=\n)/.exec(text) ?? [];
  return { code, link };
}

async function sessionsOf(userId: string): Promise<number> {
  return (await app.service.database.query('SELECT FROM auth_sessions WHERE user_id = $1', [userId])).length;
}

/** Presses each button that is visible, as scanners do. */
async function pressAll(page: Page): Promise<void> {
  for (let i = 0; i < 6; i++)
    for (const button of await page.getByRole('button').filter({ visible: true }).all())
      await button.click({ timeout: 1_000 }).catch(() => undefined);
}

/** Waits until the form is empty again, which is when the answer is there. */
async function expectAlertGone(): Promise<void> {
  await eventually(async () => expect(await window.page.locator('#email-code').inputValue()).toBe(''));
}

/** Presses Tab until an element with this label or text has the focus. */
async function tabTo(name: string): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await window.page.keyboard.press('Tab');
    const label = await window.page.evaluate<string>(
      `(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()`,
    );
    if (label === name) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

function focused() {
  return window.page.evaluate<Record<string, string>>(
    `(({ value, type, inputMode, autocomplete }) => ({ value, type, inputMode, autocomplete }))(document.activeElement)`,
  );
}
