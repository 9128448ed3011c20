import type { Browser } from 'playwright-core';
import { DataSource } from 'typeorm';
import { encode } from 'uqr';
import { AccessChanges } from '../../src/database/notices/access-changes.js';
import {
  AccountWindow,
  expectAccessible,
  expectAlert,
  expectMistakes,
  expectOutcome,
  expectState,
} from '../support/account-window.js';
import { earlyInStep, totpCode } from '../support/authenticator.js';
import { launchBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { person } from '../support/test-service.js';
import { VirtualAuthenticator } from '../support/virtual-authenticator.js';

const SIGN_IN = `${publicUrl}/account/sign-in`;

let app: MailService;
let browser: Browser;
let window: AccountWindow;

beforeAll(async () => {
  app = await MailService.start({ auth: { refreshCookie: {} } });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

describe('A user of the sign-in page', () => {
  const grace = person('grace');
  let authenticator: VirtualAuthenticator;
  /** Of the authenticator app. */
  let secret: string;
  let recoveryCodes: string[];

  beforeAll(async () => {
    await app.signUp(grace);
    window = await AccountWindow.open(browser, app.service);
    authenticator = await VirtualAuthenticator.add(window.page);
    await authenticator.setPresent(false);
  });
  afterAll(() => window.close());

  it('signs in with a password, and is told if it is wrong', async () => {
    await window.goto(SIGN_IN);
    await expectAccessible(window);
    await window.takePicture('sign-in');
    await enterPassword({ ...grace, password: 'Synthetical1' });
    await expectAlert(window, /^The username or the password is incorrect\./);
    await window.page.locator('#password:focus').waitFor();

    await window.fill('Password', grace.password);
    await window.press('Sign in');
    await expectOutcome(window, 'You are signed in');
    await window.page.reload();
    await expectState(window, 'You are signed in');
    expect(
      await window.page.evaluate('JSON.stringify([document.cookie, localStorage, sessionStorage])'),
    ).toBe('["",{},{}]');
  });

  it('sets up an authenticator app by its QR code', async () => {
    await window.press('Set up an authenticator app');
    await expectOutcome(window, 'Set up your authenticator app');
    await window.takePicture('totp-setup');
    const uri = (await window.page.locator('#setup a').getAttribute('href'))!;
    expect(await readQrCode()).toEqual(encode(uri, { border: 0 }).data);
    secret = (await window.page.locator('#setup code').innerText()).replaceAll(' ', '');
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);

    await window.fill('Code that the app shows', '12345');
    await window.press('Confirm');
    await expectMistakes(window, 'Code that the app shows', ['The code must have 6 digits.']);
    await earlyInStep();
    await window.fill('Code that the app shows', totpCode(secret));
    await window.press('Confirm');
    await expectOutcome(window, 'Save your recovery codes');
    recoveryCodes = await window.page.locator('#codes li').allInnerTexts();
    expect(recoveryCodes).toHaveLength(10);
    await window.takePicture('recovery-codes');

    await window.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await window.press('Copy');
    await expectDone('Copied.');
    expect(await window.page.evaluate('navigator.clipboard.readText()')).toBe(recoveryCodes.join('\n'));
    await window.page.emulateMedia({ media: 'print' });
    expect(await window.page.locator('#codes li').first().isVisible()).toBe(true);
    expect(await window.page.getByRole('button').count()).toBe(0);
    await window.page.emulateMedia({ media: 'screen' });

    await window.press('I have saved the codes');
    await expectState(window, 'You are signed in');
    await signOut();
  });

  it('signs in with its code', async () => {
    await enterPassword(grace);
    await window.page.locator('#totp:focus').waitFor();
    expect(await window.heading()).toBe('Confirm that it’s you');
    await expectAccessible(window);
    await window.takePicture('second-factor');
    await window.takeMobilePicture('second-factor-mobile');
    await window.fill('Code from your authenticator app', '000000');
    await window.press('Continue');
    await expectAlert(window, /^This code is incorrect, or was already used\./);
    await window.fill('Code from your authenticator app', totpCode(secret, 1));
    await window.press('Continue');
    await expectState(window, 'You are signed in');
    await signOut();
  });

  it('loses the app, and replaces it after signing in with a recovery code', async () => {
    await enterPassword(grace);
    await window.press('Use a recovery code');
    await window.fill('Recovery code', recoveryCodes[0].toUpperCase());
    await window.press('Continue');
    await expectState(window, 'You are signed in');
    await window.page.getByText('Unused codes: 9').waitFor();

    await window.press('Remove: Authenticator app');
    await expectOutcome(window, 'Remove “Authenticator app”?');
    await window.press('Remove authenticator app');
    await expectDone('The authenticator app was removed.');
    await window.page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor();
  });

  it('adds a passkey, and signs in with it by autofill', async () => {
    await authenticator.setPresent(true);
    await window.press('Add a passkey');
    await expectOutcome(window, 'Save your recovery codes');
    await window.press('I have saved the codes');
    await expectDone('Your passkey was added.');
    await expectAccessible(window);
    expect(await authenticator.passkeys()).toHaveLength(1);

    await window.press('Sign out');
    await expectOutcome(window, 'You are signed out');
    // The form appears, and its user chooses the passkey.
    await window.press('Sign in');
    await expectState(window, 'You are signed in');
  });

  it('signs in with the password and the passkey as second factor, and by the button', async () => {
    await authenticator.setPresent(false);
    await signOut();
    await enterPassword(grace);
    await window.page
      .getByRole('button', { name: 'Use passkey' })
      .and(window.page.locator(':focus'))
      .waitFor();
    await expectAccessible(window);
    await authenticator.setPresent(true);
    await window.press('Use passkey');
    await expectState(window, 'You are signed in');

    await authenticator.setPresent(false);
    await signOut();
    await authenticator.setUserVerified(false);
    await authenticator.setPresent(true);
    await window.press('Sign in with a passkey');
    await expectAlert(window, /^No passkey was used\./);
    await authenticator.setUserVerified(true);
    await window.press('Sign in with a passkey');
    await expectState(window, 'You are signed in');
  });

  it('renames the passkey, and removes it', async () => {
    await window.press('Rename: Passkey');
    await window.fill('Name', '');
    await window.press('Save');
    await expectMistakes(window, 'Name', ['The name must be 1 to 80 characters long.']);
    await window.fill('Name', 'My computer');
    await window.press('Save');
    await expectDone('The new name is saved.');
    await window.page.getByText('My computer').waitFor();
    await window.takePicture('passkeys');

    await window.press('Remove: My computer');
    await expectOutcome(window, 'Remove the passkey “My computer”?');
    await window.press('Remove passkey');
    await expectDone('The passkey was removed.');
    // The page has told the browser.
    await eventually(async () => expect(await authenticator.passkeys()).toEqual([]));
  });

  it('replaces the password by a passkey, and signs in without it', async () => {
    await window.press('Add a passkey');
    await expectOutcome(window, 'Save your recovery codes');
    await window.press('I have saved the codes');
    await window.press('Remove the password');
    await expectOutcome(window, 'Remove your password?');
    await window.press('Remove password');
    await expectDone('Your password was removed.');
    expect(await window.page.getByRole('button', { name: 'Remove the password' }).isVisible()).toBe(false);
    await window.press('Remove: Passkey');
    await window.press('Remove passkey');
    await expectAlert(window, /^This is your only way to sign in\./);
    await window.press('Cancel');

    await window.press('Sign out');
    await expectState(window, 'You are signed out');
    await window.press('Sign in');
    await expectState(window, 'You are signed in');
  });

  it('sets a password again, whose rules are explained, and removes it once more', async () => {
    await window.fill('New password', 'Nano30x');
    await window.press('Set password');
    await expectMistakes(window, 'New password', ['The password must be at least 8 characters long.']);
    await window.fill('New password', 'Nanosecond30cm');
    await window.press('Set password');
    await expectDone('Your password was set.');
    const { username } = grace;
    const again = await app.service.post('/auth/login', { username, password: 'Nanosecond30cm' });
    expect(again.body.type).toBe('/problems/factor-required');
    await expectAccessible(window);
    await window.press('Remove the password');
    await window.press('Remove password');
    await expectDone('Your password was removed.');
    expect(await window.page.locator('#chosen-password').inputValue()).toBe('');
  });

  it('deletes the account after confirming it with the passkey', async () => {
    await age(grace.username);
    await window.press('Delete your account');
    await expectOutcome(window, 'Delete your account?');
    await window.press('Delete account');
    await window.page
      .getByRole('button', { name: 'Use passkey' })
      .and(window.page.locator(':focus'))
      .waitFor();
    await window.takePicture('step-up');
    await window.press('Use passkey');
    await expectOutcome(window, 'Your account was deleted');
    await authenticator.setPresent(false);
    await window.press('Sign in');
    await enterPassword(grace);
    await expectAlert(window, /^The username or the password is incorrect\./);
    await authenticator.setPresent(true);
    const answer = window.page.waitForResponse(/passkeys\/login$/);
    await window.press('Sign in with a passkey');
    await answer;
    await authenticator.setPresent(false);
    await expectAlert(window, /^This passkey could not be used\./);
  });

  it('is told that a passkey belongs to no account, and then is not offered it any more', async () => {
    await app.service.database.query('DELETE FROM auth_passkeys');
    await authenticator.setPresent(true);
    await window.press('Sign in with a passkey');
    await expectAlert(window, /^This passkey no longer belongs to an account here\./);
    await eventually(async () => expect(await authenticator.passkeys()).toEqual([]));
  });
});

async function enterPassword({ username, password }: { username: string; password: string }): Promise<void> {
  await window.fill('Username or email address', username);
  await window.fill('Password', password);
  await window.page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Expects that the account is shown again, with a message. */
function expectDone(message: string): Promise<void> {
  return window.page.getByRole('status').filter({ hasText: message }).waitFor();
}

/** Signs out, and returns to the form. */
async function signOut(): Promise<void> {
  await window.press('Sign out');
  await expectState(window, 'You are signed out');
  await window.press('Sign in');
}

/** Makes the proofs of a user's sessions six minutes older. */
async function age(username: string): Promise<void> {
  await app.service.app.get(DataSource).transaction(async (tx) => {
    const [{ id }] = await tx.query<{ id: string }[]>('SELECT id FROM auth_users WHERE username = $1', [
      username,
    ]);
    await tx.query(
      `UPDATE auth_sessions SET authenticated_at = authenticated_at - interval '6 minutes',
              second_factor_at = second_factor_at - interval '6 minutes' WHERE user_id = $1`,
      [id],
    );
    await app.service.app.get(AccessChanges, { strict: false }).announce({ user: id }, tx);
  });
}

/** Returns the modules of the QR code as they are on the screen, without the margin; `true` is dark. */
async function readQrCode(): Promise<boolean[][]> {
  const image = window.page.locator('#setup img');
  const picture = `data:image/png;base64,${(await image.screenshot()).toString('base64')}`;
  return window.page.evaluate<boolean[][]>(`(async () => {
    const picture = await new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.src = ${JSON.stringify(picture)};
    });
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, picture.width, picture.height);
    const isDark = (x, y) => data[4 * (y * width + x)] < 128;
    const dark = [];
    // Apart from its border, which is gray.
    for (let y = 4; y < height - 4; y++) for (let x = 4; x < width - 4; x++) if (isDark(x, y)) dark.push([x, y]);
    const [left, top] = [0, 1].map((axis) => Math.min(...dark.map((point) => point[axis])));
    const [right, bottom] = [0, 1].map((axis) => Math.max(...dark.map((point) => point[axis])));
    // The first row begins with the 7 dark modules of a finder pattern.
    let run = 0;
    while (isDark(left + run, top + 1)) run++;
    const count = Math.round((right + 1 - left) / (run / 7));
    const module = (right + 1 - left) / count;
    const at = (start, index) => Math.floor(start + (index + 0.5) * module);
    return Array.from({ length: count }, (_, row) =>
      Array.from({ length: count }, (_, column) => isDark(at(left, column), at(top, row))),
    );
  })()`);
}
