import { gzipSync } from 'node:zlib';
import {
  AstraClient,
  type ClientOptions,
  isProblem,
  memoryStorage,
  type ProblemError,
  type SessionStorage,
  signIn,
  signInWithEmailCode,
  type SignInStep,
} from '../../src/client/index.js';
import { bundleClient, bundleReactBinding } from '../support/client-bundle.js';
import { newFactorHolder } from '../support/factor-holder.js';
import { totpCode } from '../support/authenticator.js';
import { ada, TestService } from '../support/test-service.js';

const credentials = { username: ada.username, password: ada.password };
let service: TestService;

beforeAll(async () => {
  service = await TestService.start({ signInMethods: ['password', 'passkey', 'email-code'] });
  await service.signUp();
});
afterAll(() => service.stop());

/** A client that records the paths of its requests, and with it what the network does to them. */
function newClient(network: ClientOptions['fetch'] = (request) => fetch(request), storage = memoryStorage()) {
  const paths: string[] = [];
  const client = new AstraClient({
    ...{ url: service.origin + service.prefix, storage },
    fetch: (request) => {
      paths.push(new URL(request.url).pathname.slice(service.prefix.length));
      return network(request);
    },
  });
  const changes: [boolean, string][] = [];
  client.onChange((...change) => changes.push(change));
  const refreshes = () => paths.filter((path) => path === '/auth/refresh').length;
  return { client, paths, changes, refreshes };
}

/** Lets the access token of a stored session be too old, as after a night's sleep or with a clock that was set forward. */
async function age(storage: SessionStorage): Promise<void> {
  const session = await storage.get();
  if (!session) throw new Error('Nobody is signed in.');
  storage.set({ ...session, renew_at: 0 });
}

/** A client like {@link newClient}, somebody signed in with which long ago. */
async function newAgedClient(network?: ClientOptions['fetch']) {
  const storage = memoryStorage();
  await signIn(newClient(undefined, storage).client, credentials);
  await age(storage);
  return newClient(network, storage);
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('It succeeded.')),
    (error: unknown) => error as ProblemError,
  );

describe('AstraClient', () => {
  it('signs in, calls routes and signs out', async () => {
    const { client, changes } = newClient();
    expect(await client.isSignedIn()).toBe(false);
    expect(await client.token()).toBeNull();

    expect(await signIn(client, credentials)).toEqual({ status: 'signed-in' });
    expect(await client.call('GET /users/me')).toMatchObject({ username: 'ada' });
    const changed = await client.call('PATCH /users/me', { body: { full_name: 'Ada Lovelace' } });
    expect(changed.full_name).toBe('Ada Lovelace');
    const token = await client.token();
    await client.signOut();

    expect(await client.isSignedIn()).toBe(false);
    expect((await service.get('/users/me', token!)).status).toBe(401);
    expect(changes).toEqual([
      [true, 'sign-in'],
      [false, 'sign-out'],
    ]);
  });

  it('sends parameters of paths and queries', async () => {
    const { client } = newClient();
    await signIn(client, credentials);
    const { items } = await client.call('GET /users/me/sessions', { query: { limit: 1 } });
    expect(items).toHaveLength(1);

    const error = await refusal(client.call('DELETE /users/me/sessions/{id}', { path: { id: '../x?y' } }));
    expect(error).toMatchObject({ status: 422, code: 'invalid-input' });
  });

  it('fetches routes of the application with the token, and those of other origins without', async () => {
    const sent: (string | null)[] = [];
    const { client } = newClient(async (request) => {
      sent.push(request.headers.get('Authorization'));
      return request.url.startsWith(service.origin) ? fetch(request) : new Response();
    });
    await signIn(client, credentials);
    await client.fetch('/orders');
    await client.fetch('https://elsewhere.example/orders');
    await client.fetch(new URL('//elsewhere.example/orders', service.origin));
    await client.fetch('/orders', { headers: { Authorization: 'Basic eDp5' } });

    const bearer = `Bearer ${await client.token()}`;
    expect(sent.slice(1)).toEqual([bearer, null, null, 'Basic eDp5']);
  });

  it('refreshes once for 50 requests', async () => {
    const { client, refreshes, changes } = await newAgedClient();

    const users = await Promise.all(Array.from({ length: 50 }, () => client.call('GET /users/me')));

    expect(users.every(({ username }) => username === 'ada')).toBe(true);
    expect(refreshes()).toBe(1);
    expect(changes).toEqual([]);
  });

  it('refreshes once for 50 requests whose token is refused, as with a clock that is behind', async () => {
    const { client, refreshes } = newClient((request) => {
      const isOld = refreshes() === 0 && request.headers.has('Authorization');
      if (isOld) request.headers.set('Authorization', 'Bearer expired');
      return fetch(request);
    });
    await signIn(client, credentials);

    const bodies = Array.from({ length: 50 }, (_, i) =>
      client.call('PATCH /users/me', { body: { full_name: `Ada ${i}` } }),
    );

    await Promise.all(bodies);
    expect(refreshes()).toBe(1);
  });

  it('does not refresh for a refusal that has nothing to do with the token', async () => {
    const { client, refreshes } = newClient();
    await signIn(client, credentials);
    const body = { current_password: 'wrong', new_password: 'Analytical2' };
    expect(await refusal(client.call('POST /users/me/password', { body }))).toMatchObject({ status: 401 });
    expect(refreshes()).toBe(0);
  });

  it.each([
    ['away', () => Promise.reject(new TypeError('fetch failed')), 3],
    ['broken', () => Promise.resolve(new Response('<h1>Bad gateway', { status: 502 })), 3],
    ['behind the page of a Wi-Fi', () => Promise.resolve(new Response('<h1>Welcome')), 3],
    ['behind the JSON of something else', () => Promise.resolve(new Response('{}')), 3],
    ['busy', () => Promise.resolve(new Response('{}', { status: 503, headers: { 'Retry-After': '7' } })), 1],
  ])('keeps the session while the service is %s', async (_, answer, tries) => {
    let isAway = true;
    const { client, changes, refreshes } = await newAgedClient((request) =>
      isAway ? answer() : fetch(request),
    );
    const error = await refusal(client.call('GET /users/me'));
    expect(error).toHaveProperty('message');
    expect(refreshes()).toBe(tries);

    isAway = false;
    expect(await client.call('GET /users/me')).toMatchObject({ username: 'ada' });
    expect(changes).toEqual([]);
  });

  it('says that the session has ended, once', async () => {
    const { client, changes } = newClient();
    await signIn(client, credentials);
    await service.post('/auth/logout-all', undefined, (await client.token())!);

    const all = await Promise.all(Array.from({ length: 5 }, () => refusal(client.call('GET /users/me'))));

    expect(all.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'invalid-token'));
    expect(changes.at(-1)).toEqual([false, 'expired']);
    expect(changes).toHaveLength(2);
  });

  it('does not sign in again by a refresh that was under way at the sign-out', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { client } = await newAgedClient(async (request) => {
      const response = await fetch(request);
      if (request.url.endsWith('/auth/refresh')) await held;
      return response;
    });
    const late = client.call('GET /users/me').catch(() => undefined);

    await client.signOut();
    release();
    await late;

    expect(await client.isSignedIn()).toBe(false);
    expect(await client.token()).toBeNull();
  });

  it('signs out here also when the service is away', async () => {
    let isAway = false;
    const { client } = newClient((request) => (isAway ? Promise.reject(new TypeError()) : fetch(request)));
    await signIn(client, credentials);
    isAway = true;
    await expect(client.signOut()).rejects.toThrow(TypeError);
    expect(await client.isSignedIn()).toBe(false);
  });

  it('takes the session of another client from a storage', async () => {
    const storage = memoryStorage();
    const url = service.origin + service.prefix;
    await signIn(new AstraClient({ url, storage }), credentials);
    expect(await new AstraClient({ url: `${url}/`, storage }).call('GET /users/me')).toMatchObject({
      username: 'ada',
    });
  });
});

describe('Problems', () => {
  it('have a code, a sentence and the messages of the fields', async () => {
    const { client } = newClient();
    const body = { username: 'x', email: 'nowhere', password: 'short' };
    const error = await refusal(client.call('POST /auth/register', { body }));

    expect(isProblem(error, 'invalid-input')).toBe(true);
    expect(isProblem(error, 'invalid-credentials', 'email-taken')).toBe(false);
    expect(error.message).toBe(error.problem.detail);
    expect(Object.keys(error.fields).sort()).toEqual(['email', 'password', 'username']);
  });

  it('are no errors of the network', () => {
    expect(isProblem(new TypeError('fetch failed'))).toBe(false);
  });

  it('say when to try again', async () => {
    const busy = new Response('{}', { status: 429, headers: { 'Retry-After': '7' } });
    const { client } = newClient(() => Promise.resolve(busy));
    expect(await refusal(signIn(client, credentials))).toMatchObject({ status: 429, retryAfter: 7 });
  });
});

describe('A sign-in', () => {
  it('goes on with the code of an app, also after a wrong one', async () => {
    const grace = await newFactorHolder(service, 'grace');
    const storage = memoryStorage();
    const { client } = newClient(undefined, storage);
    const step = await signIn(client, { username: 'grace', password: grace.password });
    if (step.status !== 'factor-required') throw new Error(step.status);
    expect(step.factors).toEqual(['totp', 'recovery_code']);
    expect(await client.isSignedIn()).toBe(false);

    expect(await refusal(step.continue({ totp_code: '000000' }))).toMatchObject({ code: 'invalid-proof' });
    expect(await step.continue({ totp_code: totpCode(grace.secret) })).toEqual({ status: 'signed-in' });
    expect(await client.call('GET /users/me')).toMatchObject({ username: 'grace' });

    await client.call('POST /users/me/reauthenticate', { body: { password: grace.password } });
    await age(storage);
    const later = newClient(undefined, storage).client;
    expect(await later.call('GET /users/me')).toMatchObject({ username: 'grace' });
  });

  it('waits for a code by email', async () => {
    const { client } = newClient();
    const step: SignInStep = await signInWithEmailCode(client, ada.email);
    if (step.status !== 'code-sent') throw new Error(step.status);
    expect(await refusal(step.continue({ email_code: '12345678' }))).toMatchObject({ code: 'invalid-proof' });
  });
});

describe('The bundle', () => {
  it.each([
    ['of session and fetch', ['AstraClient'], 3],
    ['of everything', [], 8],
  ])('%s takes at most its size, gzipped', async (_, imports, kibibytes) => {
    const bundle = await bundleClient(...imports);
    expect(gzipSync(bundle).length).toBeLessThanOrEqual(kibibytes * 1024);
    expect(bundle).not.toMatch(/\bimport\b/);
  });

  it('for React adds at most 1 KiB, gzipped, and imports nothing else', async () => {
    const bundle = await bundleReactBinding();
    expect(gzipSync(bundle).length).toBeLessThanOrEqual(1024);
    expect(bundle.match(/\bfrom *["'`]([^"'`]+)/g)).toEqual([expect.stringMatching(/react$/)]);
  });
});
