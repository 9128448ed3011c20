import type { Browser } from 'playwright-core';
import {
  AccountWindow,
  expectAccessible,
  expectMistakes,
  expectOutcome,
  expectState,
} from '../support/account-window.js';
import { launchBrowser } from '../support/browser.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { VirtualAuthenticator } from '../support/virtual-authenticator.js';

let app: MailService;
let browser: Browser;
let window: AccountWindow;

beforeAll(async () => {
  app = await MailService.start({ passwordless: true, auth: { refreshCookie: {} } });
  browser = await launchBrowser();
  window = await AccountWindow.open(browser, app.service);
});
afterAll(async () => {
  await window?.close();
  await browser?.close();
  await app?.stop();
});

/** Opens the link in the message to somebody who registered without a password, and confirms the address. */
async function confirm(username: string): Promise<void> {
  const email = `${username}@example.com`;
  await app.service.post('/auth/register', { username, email });
  const token = await app.token('verify-email', email);
  await window.goto(`${publicUrl}/account/verify-email#token=${token}`);
  await window.press('Confirm email address');
  await expectState(window, 'How do you want to sign in?');
  expect(window.page.url()).toBe(`${publicUrl}/account/sign-in`);
}

describe('Somebody who registered without a password', () => {
  it('adds a passkey on the page of the message, and is signed in', async () => {
    const authenticator = await VirtualAuthenticator.add(window.page);
    await confirm('hedy');
    await expectAccessible(window);
    await window.takePicture('first-way');
    await window.press('Add a passkey');
    await expectOutcome(window, 'Save your recovery codes');
    await window.press('I have saved the codes');
    await expectState(window, 'You are signed in');
    // Absent, so that the autofill does not sign in by itself.
    await authenticator.setPresent(false);
    await window.press('Sign out');
    await expectState(window, 'You are signed out');
    await window.press('Sign in');
    await authenticator.setPresent(true);
    await window.press('Sign in with a passkey');
    await expectState(window, 'You are signed in');
    await window.press('Sign out');
    await expectState(window, 'You are signed out');
  });

  it('chooses a password, whose rules are explained', async () => {
    await confirm('joan');
    await window.fill('New password', 'Nano30x');
    await window.press('Set password');
    await expectMistakes(window, 'New password', ['The password must be at least 8 characters long.']);
    await window.fill('New password', 'Nanosecond30cm');
    await window.press('Set password');
    await expectState(window, 'You are signed in');
  });
});
