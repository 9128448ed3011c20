import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DataSource } from 'typeorm';
import { SessionEnd } from '../../src/auth/sessions/session.entity.js';
import { SessionsService } from '../../src/auth/sessions/sessions.service.js';
import { Role } from '../../src/settings/role.js';
import { UsersService } from '../../src/users/users.service.js';
import { CallbackUrls } from '../../src/auth/providers/callback-urls.js';
import { age } from '../support/aged-session.js';
import { totpCode } from '../support/authenticator.js';
import { IMAGES, launchBrowser, PATIENCE } from '../support/browser.js';
import { CertifiedProvider } from '../support/certified-provider.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { eventually } from '../support/eventually.js';
import { newFactorHolder } from '../support/factor-holder.js';
import { ada, TestService } from '../support/test-service.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let google: CertifiedProvider;
let apple: CertifiedProvider;
let proxy: CuttableProxy;
let service: TestService;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** The page, at another host name than the providers: what they have the browser post is a cross-site request. */
let signIn: string;
/** *My account*. */
let accounts: string;

beforeAll(async () => {
  [google, apple] = [await CertifiedProvider.start(), await CertifiedProvider.start()];
  const target = { host: '127.0.0.1', port: 0 };
  proxy = await CuttableProxy.to(target);
  const publicUrl = `http://localhost:${proxy.address.port}`;
  accounts = `${publicUrl}/account`;
  signIn = `${accounts}/sign-in`;
  service = await TestService.start({
    auth: {
      ...{ publicUrl, allowExampleSecrets: true, refreshCookie: {} },
      providers: {
        google: { clientId: 'astra', clientSecret: 'a-secret', issuer: google.issuer },
        apple: {
          ...{ clientId: 'astra', issuer: apple.issuer, teamId: 'TEAM', keyId: 'KEY' },
          privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        },
      },
    },
  });
  target.port = Number(new URL(service.origin).port);
  const callbacks = service.app.get(CallbackUrls, { strict: false });
  google.serve({ callback: callbacks.of('google'), emailOf: (login) => `${login}@gmail.com` });
  apple.serve({
    callback: callbacks.of('apple'),
    emailOf: (login) => `${login}@example.com`,
    acceptsSecret: async (secret) => {
      await jwtVerify(secret, createPublicKey(privateKey), { issuer: 'TEAM', subject: 'astra' });
      return true;
    },
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await proxy?.close();
  await Promise.all([google, apple].map((provider) => provider.stop()));
});
beforeEach(async () => {
  context = await browser.newContext({
    viewport: { width: 900, height: 620 },
    reducedMotion: 'reduce',
    deviceScaleFactor: 1.5,
  });
  context.setDefaultTimeout(PATIENCE);
  // The provider's pages have a font from elsewhere.
  await context.route('https://**', (route) => route.abort());
  page = await context.newPage();
});
afterEach(() => context.close());

describe('A user of a provider', () => {
  it('gets an account with Google, connects Apple to it, and signs in with that', async () => {
    await page.goto(signIn);
    await takePicture('providers');
    await press('Continue with Google');
    await signInAt('ada');
    await expectState('You are signed in');
    await page.getByText('Your username is ada.').waitFor();
    // Nothing of it is left in the tab or in the URL.
    expect(page.url()).toBe(signIn);
    expect(await page.evaluate('JSON.stringify([document.cookie, localStorage, sessionStorage])')).toBe(
      '["",{},{}]',
    );
    await press('Remove: Google (ada@gmail.com)');
    await press('Remove');
    await page.getByText('This is your only way to sign in.').waitFor();
    await press('Cancel');

    await press('Connect Apple');
    await signInAt('lovelace');
    await page.getByText('Your Apple account is connected.').waitFor();
    await takePicture('identities');
    await press('Remove: Google (ada@gmail.com)');
    await press('Remove');
    await page.getByText('The account is no longer connected.').waitFor();
    await press('Sign out');
    await expectState('You are signed out');
    await press('Sign in');

    // The provider knows the browser, and asks nothing.
    await press('Continue with Apple');
    await page.getByText('Your username is ada.').waitFor();
  });

  it('proves an account with the same address, and its second factor, before both are connected', async () => {
    const { secret, userId } = await newFactorHolder(service, 'grace');
    await service.database.query(
      `UPDATE auth_users SET email = 'grace@gmail.com', email_key = 'grace@gmail.com' WHERE id = $1`,
      [userId],
    );
    await page.goto(`${signIn}?return_to=/account/verify-email`);
    await press('Continue with Google');
    await signInAt('grace');
    await page.getByText('There is already an account with this email address.').waitFor();
    await takePicture('provider-link');
    await page.locator('#proof-password').fill('Wrong4711');
    await press('Continue');
    await page.getByText('The password is incorrect.').waitFor();
    await page.locator('#proof-password').fill(ada.password);
    await press('Continue');
    await page.locator('#totp').fill(totpCode(secret, 1));
    await press('Continue');
    // The target from before the detour.
    await page.waitForURL(signIn.replace('sign-in', 'verify-email'));
    const identities = await service.database.query('SELECT FROM auth_identities WHERE user_id = $1', [
      userId,
    ]);
    expect(identities).toHaveLength(1);
  });

  it('is asked for the second factor when signing in with Apple, by a form from another host name', async () => {
    const { recoveryCodes } = await newFactorHolder(service, 'hedy');
    await page.goto(signIn);
    await press('Continue with Apple');
    await signInAt('hedy');
    await page.locator('#proof-password').fill(ada.password);
    await press('Continue');
    await press('Use a recovery code');
    await page.locator('#recovery').fill(recoveryCodes[0]);
    await press('Continue');
    await expectState('You are signed in');
    await press('Sign out');
    await press('Sign in');
    await press('Continue with Apple');
    await press('Use a recovery code');
    await page.locator('#recovery').fill(recoveryCodes[1]);
    await press('Continue');
    await expectState('You are signed in');
  });

  it('chooses a username if the one of the address is taken', async () => {
    await service.signUp({ ...ada, username: 'ida', email: 'ida@example.org' });
    await page.goto(signIn);
    await press('Continue with Google');
    await signInAt('ida');
    await expectState('Choose a username');
    await page.locator('#new-username').fill('ida');
    await press('Create account');
    await page.getByText('This username is taken.').waitFor();
    await page.locator('#new-username').fill('ida2');
    await press('Create account');
    await page.getByText('Your username is ida2.').waitFor();
  });

  it('is told in words why a sign-in did not work', async () => {
    await page.goto(signIn);
    await press('Continue with Google');
    await page.getByText('[ Cancel ]').click();
    await page.getByText('You cancelled the sign-in, or this account cannot be used here.').waitFor();
    expect(page.url()).toBe(signIn);
    // A token without the verifier of this tab, and a code that this page does not know.
    await page.goto(`${signIn}?sign_in_token=x`);
    await page.getByText('This sign-in took too long').waitFor();
    await page.goto(`${signIn}?error=internal-error`);
    await page.getByText('Signing in with the provider did not work.').waitFor();
  });
});

describe('A user whose only way in is a provider', () => {
  it('connects another one in a window, and confirms the identity with a new sign-in there', async () => {
    await enter(`${accounts}#sign-in`, 'nora');
    const id = await idOf('nora');
    let popup = await openWindow('Connect Google');
    await signInAt('nora', popup);
    await popup.waitForEvent('close');
    await status('Google is connected.');
    await page.getByText('Google (nora@gmail.com)').waitFor();

    await age(service, id, 400);
    await press('Remove: Google (nora@gmail.com)');
    await press('Remove');
    const dialog = page.getByRole('dialog', { name: 'Confirm that it’s you' });
    await dialog.getByText('Your entries on this page stay.').waitFor();
    popup = await openWindow('Continue with Apple');
    await dialog.getByText('Continue in the window that has opened.').waitFor();
    await popup.getByText('[ Cancel ]').click();
    await dialog.getByText('You cancelled the sign-in').waitFor();
    popup = await openWindow('Continue with Apple');
    // Still signed in there, but asked again, and for the consent that was taken back.
    await signInAt('nora', popup);
    await status('It was removed.');
    await dialog.waitFor({ state: 'detached' });
  });

  it('goes on in a tab if the browser has blocked the window', async () => {
    await enter(`${accounts}#sign-in`, 'olga');
    await age(service, await idOf('olga'), 400);
    await press('Connect Google');
    let popup = await openWindow('Continue with Apple');
    await signInAt('olga', popup, false);
    // Nothing was pressed in this window for the second one. Playwright's own questions to the page would count as that.
    const quiet = await context.newCDPSession(page);
    const question = {
      expression: "document.querySelector('section .note:not([hidden])') !== null",
      userGesture: false,
    };
    await eventually(
      async () => expect((await quiet.send('Runtime.evaluate', question)).result.value).toBe(true),
      8_000,
    );
    expect(context.pages()).toHaveLength(1);
    popup = await openWindow(() => page.getByRole('link', { name: 'Open it in a new tab' }).click());
    await signInAt('olga', popup);
    await status('Google is connected.');
  });

  it('confirms the identity in the middle of a form of the console, and signs in again above it', async () => {
    await enter(accounts, 'petra');
    const id = await idOf('petra');
    const users = service.app.get(UsersService, { strict: false });
    await users.update(id, { role: Role.Admin });
    await age(service, id, 400);
    await page.goto(accounts.replace('account', 'console#users'));
    await press('Create a service account');
    const dialog = page.getByRole('dialog', { name: 'Create a service account' });
    const create = dialog.getByRole('button', { name: 'Create a service account' });
    await dialog.getByLabel('Username').fill('backup');
    await create.click();
    const proof = page.getByRole('dialog', { name: 'Confirm that it’s you' });
    let popup = await openWindow('Continue with Apple');
    await signInAt('somebody', popup);
    await proof.getByText('This is not the account that you have connected').waitFor();
    expect(await dialog.getByLabel('Username').inputValue()).toBe('backup');
    popup = await openWindow('Continue with Apple');
    await signInAt('petra', popup);
    await page.getByRole('heading', { name: 'backup' }).waitFor();

    await page.goto(accounts.replace('account', 'console#users'));
    await press('Create a service account');
    await dialog.getByLabel('Username').fill('nightly');
    const sessions = service.app.get(SessionsService, { strict: false });
    await service.app.get(DataSource).transaction((tx) => sessions.endAll(id, SessionEnd.Revoked, tx));
    await create.click();
    await page.getByText('You are no longer signed in.').filter({ visible: true }).waitFor();
    popup = await openWindow('Continue with Apple');
    await popup.waitForEvent('close');
    expect(await dialog.getByLabel('Username').inputValue()).toBe('nightly');
    await create.click();
    await page.getByRole('heading', { name: 'nightly' }).waitFor();
  });

  it('sets a password on the sign-in page after the confirmation, without entering it twice', async () => {
    await page.goto(signIn);
    await press('Continue with Apple');
    await signInAt('rita');
    await page.getByText('Your username is rita.').waitFor();
    await page.getByLabel('New password').filter({ visible: true }).fill(ada.password);
    await age(service, await idOf('rita'), 400);
    await press('Set password');
    const popup = await openWindow('Continue with Apple');
    await page.getByText('Continue in the window that has opened.').filter({ visible: true }).waitFor();
    await signInAt('rita', popup, false);
    await page.getByText('Your password was set.').waitFor();
    await service.signIn({ ...ada, username: 'rita' });
  });
});

/** Signs in with Apple at a page. */
async function enter(url: string, login: string): Promise<void> {
  await page.goto(url);
  await press('Continue with Apple');
  await signInAt(login);
  await page.waitForURL(url);
  await page.locator('nav').waitFor();
}

/** Presses a button, or does something else, after which a window opens. */
async function openWindow(how: string | (() => Promise<void>)): Promise<Page> {
  const [popup] = await Promise.all([
    context.waitForEvent('page'),
    typeof how === 'string' ? press(how) : how(),
  ]);
  return popup;
}

const status = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();

/** Returns the id of a user. */
async function idOf(username: string): Promise<string> {
  const [user] = await service.database.query('SELECT id FROM auth_users WHERE username = $1', [username]);
  return user.id as string;
}

const press = (name: string) =>
  page.getByRole('button', { name, exact: true }).filter({ visible: true }).click();
const expectState = (title: string) => page.locator('h1:focus', { hasText: title }).waitFor();

/** Signs in and consents at the provider, as a person does. */
async function signInAt(login: string, at = page, isNew = true): Promise<void> {
  await at.getByPlaceholder('Enter any login').fill(login);
  await at.getByPlaceholder('and password').fill('any');
  await at.getByRole('button', { name: 'Sign-in' }).click();
  if (isNew) await at.getByRole('button', { name: 'Continue' }).click();
}

async function takePicture(name: string): Promise<void> {
  await page.getByRole('button').filter({ visible: true }).first().waitFor();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${IMAGES}${name}.png`, animations: 'disabled', fullPage: true });
}
