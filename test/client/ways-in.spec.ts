import {
  AstraClient,
  type ClientOptions,
  finishProviderSignIn,
  isProblem,
  linkProvider,
  memoryStorage,
  signIn,
  signInWithProvider,
  type SignInStep,
  signUp,
  type SignUpStep,
  type VerificationStep,
  verifyEmail,
} from '../../src/client/index.js';
import { age } from '../support/aged-session.js';
import { MailService, publicUrl } from '../support/mail-service.js';
import { CLIENT, TestIssuer } from '../support/test-issuer.js';
import { TestService } from '../support/test-service.js';

const password = 'Analytical1';
const redirectTo = `${new URL(publicUrl).origin}/signed-in`;

let issuer: TestIssuer;
let mail: MailService;
let service: TestService;
/** Service on the same database that takes accounts only after their email address was verified. */
let careful: TestService;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  const auth = { publicUrl, providers: { acme: { ...CLIENT, issuer: issuer.url } } };
  mail = await MailService.start({ passwordless: true, auth });
  ({ service } = mail);
  careful = await TestService.start({
    on: service.database,
    // Each may take a message from the queue.
    mail: {
      smtpUrl: mail.smtp.url,
      smtpTls: undefined,
      from: 'Astra <no-reply@astra.example>',
      language: 'en',
      color: '#1f4fd8',
    },
    auth: { ...auth, emailVerification: 'required' },
  });
});
afterAll(async () => {
  await careful.stop();
  await mail.stop();
  await issuer.stop();
});

let people = 0;
const newPerson = () => {
  const username = `person${++people}`;
  return { username, email: `${username}@example.com`, password };
};
const newClient = (options: Partial<ClientOptions> = {}, { origin, prefix } = service) =>
  new AstraClient({ url: origin + prefix, storage: memoryStorage(), ...options });
/** The step, which has to be this one. */
function expectStep<Step extends SignUpStep | VerificationStep, Status extends Step['status']>(
  step: Step | null,
  status: Status,
): Extract<Step, { status: Status }> {
  expect(step).toMatchObject({ status });
  return step as Extract<Step, { status: Status }>;
}
const username = async (client: AstraClient) => (await client.call('GET /users/me')).username;

/** A browser that follows the redirects from a URL of the service to the app, and returns where it has arrived. */
async function follow(url: string, cookie = ''): Promise<string> {
  const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
  const location = response.headers.get('location');
  if (!location) throw new Error(await response.text());
  if (location.startsWith(redirectTo)) return location;
  const [set] = response.headers.getSetCookie();
  return follow(location.replace(publicUrl, service.origin), set ? set.split(';')[0] : cookie);
}

/** Signs in with the provider, as the user that the issuer has. */
async function comeWith(claims: object, client = newClient()) {
  issuer.user = { sub: `subject${++people}`, ...claims };
  let arrived = '';
  await signInWithProvider(client, 'acme', {
    redirectTo,
    open: async (url) => (arrived = await follow(url)),
  });
  return { client, arrived, step: await finishProviderSignIn(client, arrived) };
}

describe('signUp', () => {
  it('creates an account, and signs in', async () => {
    const client = newClient();
    const person = newPerson();
    expectStep(await signUp(client, person), 'signed-in');
    expect(await username(client)).toBe(person.username);

    const error = await signUp(client, person).catch((refused: unknown) => refused);
    expect(isProblem(error, 'username-taken')).toBe(true);
  });

  it('waits for the link where the email address has to be verified, which can be sent again', async () => {
    const client = newClient({}, careful);
    const person = newPerson();
    const step = expectStep(await signUp(client, person), 'message-sent');
    await mail.token('verify-email', person.email);
    await step.resend();
    const token = await mail.token('verify-email', person.email, 2);

    const { user } = expectStep(await verifyEmail(client, token), 'verified');
    expect(user.username).toBe(person.username);
    expectStep(await signIn(client, { username: person.username, password }), 'signed-in');
  });

  it('without a password goes on with a first way to sign in', async () => {
    const client = newClient();
    const { username: name, email } = newPerson();
    expectStep(await signUp(client, { username: name, email }), 'message-sent');
    const verified = await verifyEmail(client, await mail.token('verify-email', email));
    const step = expectStep(verified, 'factor-enrolment-required');
    expect(step.enrol).toEqual(['passkey', 'password']);
    expectStep(await step.continue({ new_password: password }), 'signed-in');
    expect(await username(client)).toBe(name);
  });
});

describe('A sign-in with a provider', () => {
  it('is finished with the secret that the client has kept, once', async () => {
    const { email } = newPerson();
    const { client, step, arrived } = await comeWith({ email, email_verified: true });
    expectStep(step, 'signed-in');
    expect((await client.call('GET /users/me')).email).toBe(email);

    const again = await finishProviderSignIn(client, arrived).catch((error: unknown) => error);
    expect(isProblem(again, 'invalid-sign-in')).toBe(true);
  });

  it('is none on a page that was opened in another way', async () => {
    expect(await finishProviderSignIn(newClient(), redirectTo)).toBeNull();
  });

  it('fails with the code that the browser brings', async () => {
    issuer.response = { code: null, error: 'access_denied' };
    const refused = await comeWith({}).catch((error: unknown) => error);
    issuer.response = {};
    expect(isProblem(refused, 'access-denied')).toBe(true);
  });

  it('connects an account with the same email address after a proof', async () => {
    const person = newPerson();
    await signUp(newClient(), person);
    await mail.verify(person.email);
    const { client, step } = await comeWith({ email: person.email, email_verified: true });
    const link = expectStep(step, 'account-link-required');
    expect(link.factors).toContain('password');
    expectStep(await link.continue({ password }), 'signed-in');
    expect(await username(client)).toBe(person.username);
  });

  it('connects an account whose email address nobody has verified after a code', async () => {
    const person = newPerson();
    await signUp(newClient(), person);
    const { step } = await comeWith({ email: person.email, email_verified: true });
    const link = expectStep(step, 'account-link-required');
    await link.sendCode();
    expectStep(await link.continue({ email_code: await codeFor(person.email) }), 'signed-in');
  });

  it('asks for the email address that the provider does not know', async () => {
    const { email } = newPerson();
    const { client, step } = await comeWith({ preferred_username: 'nobody' });
    const more = expectStep(step, 'registration-required');
    expect(more.needs).toEqual(['email']);
    await more.sendCode(email);
    let next: SignInStep = await more.continue({ email_code: await codeFor(email) });
    if (next.status === 'registration-required') next = await next.continue({ username: `new${people}` });
    expectStep(next, 'signed-in');
    expect((await client.call('GET /users/me')).email).toBe(email);
  });

  it('can be added to an account', async () => {
    const client = newClient();
    const person = newPerson();
    await signUp(client, person);
    await mail.verify(person.email);
    issuer.user = { sub: `subject${++people}` };
    let arrived = '';
    const answer = { url: '', cookie: '' };
    const linking = newClient({
      storage: await storageOf(client),
      fetch: async (request) => {
        const response = await fetch(request);
        answer.cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
        return response;
      },
    });
    const open = async (url: string) => (arrived = await follow(url, answer.cookie));
    await linkProvider(linking, 'acme', { redirectTo, open });
    expect(new URL(arrived).searchParams.get('linked')).toBe('acme');
    const { items } = await client.call('GET /users/me/identities');
    expect(items.map(({ provider }) => provider)).toEqual(['acme']);
  });
});

describe('An operation that requires a recent sign-in', () => {
  async function newAged(onReauthenticate?: (client: AstraClient, strong: boolean) => Promise<boolean>) {
    const asked: boolean[] = [];
    const client: AstraClient = newClient({
      ...(onReauthenticate && {
        onReauthenticate: ({ strong }) => {
          asked.push(strong);
          return onReauthenticate(client, strong);
        },
      }),
    });
    const person = newPerson();
    await signUp(client, person);
    await mail.verify(person.email);
    await age(service, (await client.call('GET /users/me')).id, 3600);
    const addKey = () => client.call('POST /users/me/factors/totp', { body: {} });
    return { asked, addKey };
  }

  it('asks for one proof, and is sent once more', async () => {
    const { asked, addKey } = await newAged(async (client) => {
      await client.call('POST /users/me/reauthenticate', { body: { password } });
      return true;
    });
    const [first, second] = await Promise.all([addKey(), addKey()]);
    expect([first, second]).toEqual([
      expect.objectContaining({ secret: expect.any(String) as string }),
      expect.objectContaining({ secret: expect.any(String) as string }),
    ]);
    expect(asked).toEqual([false]);
  });

  it.each([
    ['the user declines', () => Promise.resolve(false), 1],
    ['the application asks for no proofs', undefined, 0],
    ['the proof is not sent', () => Promise.resolve(true), 1],
  ])('fails if %s', async (_, onReauthenticate, times) => {
    const { asked, addKey } = await newAged(onReauthenticate);
    const error = await addKey().catch((refused: unknown) => refused);
    expect(isProblem(error, 'reauthentication-required')).toBe(true);
    expect(asked).toHaveLength(times);
  });
});

/** The latest code in a message to an address. */
async function codeFor(email: string): Promise<string> {
  const { text = '' } = await mail.mail('email-code', email);
  return /\b\d{4} ?\d{4}\b/.exec(text)![0].replace(' ', '');
}

/** A storage with the session of a client. */
async function storageOf(client: AstraClient) {
  const storage = memoryStorage();
  storage.set({ access_token: (await client.token())!, renew_at: Date.now() + 60_000 });
  return storage;
}
