import type { Browser } from 'playwright-core';
import {
  AccountWindow,
  expectAccessible,
  expectAlert,
  expectMistakes,
  expectOutcome,
  expectState,
} from '../support/account-window.js';
import { launchBrowser } from '../support/browser.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { ada, type TestServiceOptions } from '../support/test-service.js';

const SIGN_IN = `${publicUrl}/account/sign-in`;

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** Opens the form for a new account of a service of its own. */
async function withForm(
  options: TestServiceOptions,
  use: (window: AccountWindow, app: MailService) => Promise<void>,
): Promise<void> {
  const app = await MailService.start(options);
  const window = await AccountWindow.open(browser, app.service);
  try {
    await window.goto(SIGN_IN);
    await window.press('Create an account');
    await window.page.locator('#sign-up-username:focus').waitFor();
    await use(window, app);
  } finally {
    await window.close();
    await app.stop();
  }
}

/** Fills in the form by the keyboard alone. */
async function fillIn({ page }: AccountWindow, ...texts: string[]): Promise<void> {
  for (const [i, text] of texts.entries()) {
    if (i > 0) await page.keyboard.press('Tab');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
}

it('creates an account, says what is wrong at each field, and signs in', async () => {
  await withForm({}, async (window, app) => {
    await expectAccessible(window);
    await window.takePicture('sign-up');
    await app.service.signUp(ada);
    await fillIn(window, 'a', 'nowhere', 'short');
    await expectMistakes(window, 'Username', ['The username must be at least 3 characters long.']);
    expect(await window.page.locator('#sign-up-password-errors p').count()).toBeGreaterThan(1);
    await fillIn(window, 'ADA', 'grace@example.com', ada.password);
    await expectAlert(window, /^This username is taken\./);
    await window.page.locator('#sign-up-username').focus();
    await fillIn(window, 'grace', ada.email, ada.password);
    await expectAlert(window, /^An account with this email address exists already\./);
    await window.page.locator('#sign-up-username').focus();
    await fillIn(window, 'grace', 'grace@example.com', ada.password);
    await expectState(window, 'You are signed in');
  });
});

it('tells of the link in the message where the email address has to be verified first', async () => {
  await withForm({ auth: { emailVerification: 'required' } }, async (window, app) => {
    await fillIn(window, 'grace', 'grace@example.com', ada.password);
    await expectOutcome(window, 'Check your inbox');
    await app.mail('verify-email', 'grace@example.com');
  });
});

it('tells nothing of an address that is taken where registration is private', async () => {
  await withForm(
    { auth: { emailVerification: 'required', registrationPrivacy: 'strict' } },
    async (window, app) => {
      await app.service.post('/auth/register', ada);
      await fillIn(window, 'grace', ada.email, ada.password);
      await expectState(window, 'Check your inbox');
    },
  );
});

it('asks for no password where accounts have none', async () => {
  await withForm({ passwordless: true }, async (window, app) => {
    expect(await window.page.getByLabel('New password').filter({ visible: true }).count()).toBe(0);
    await expectAccessible(window);
    await fillIn(window, 'grace', 'grace@example.com');
    await expectOutcome(window, 'Check your inbox');
    await app.mail('verify-email', 'grace@example.com');
  });
});
