import { DataSource } from 'typeorm';
import { Authenticator } from '../src/access/authenticator.js';
import { FactorsService } from '../src/auth/factors/factors.service.js';
import { PasskeysService } from '../src/auth/factors/passkeys/passkeys.service.js';
import { TotpService } from '../src/auth/factors/totp/totp.service.js';
import type { PrincipalCache } from '../src/auth/sessions/principal-cache.js';
import { type Change, AccessChanges } from '../src/database/notices/access-changes.js';
import { UsersService } from '../src/users/users.service.js';
import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { earlyInStep, totpCode } from './support/authenticator.js';
import { newKey } from './support/api-key-holder.js';
import { eventually } from './support/eventually.js';
import { addApp, newAccount } from './support/factor-holder.js';
import { addPasskey, ORIGIN } from './support/passkey-holder.js';
import { ada, type Answer, TestService } from './support/test-service.js';

let a: TestService;
let b: TestService;
let admin: string;
beforeAll(async () => {
  a = await TestService.start({ auth: { secondFactor: { required: ['moderator'] } } });
  b = await TestService.start({ on: a.database, auth: { secondFactor: { required: ['moderator'] } } });
  const { userId } = await newAccount(a, 'root');
  await a.database.query("UPDATE auth_users SET role = 'admin' WHERE id = $1", [userId]);
  admin = (await a.signIn({ username: 'root', password: ada.password })).access_token;
});
afterAll(async () => {
  await b.stop();
  await a.stop();
});
beforeEach(() => earlyInStep());

let people = 0;

/** Somebody with two sessions and an API key. */
async function someone() {
  const account = await newAccount(a, `shown${++people}`);
  const { access_token: other } = await a.signIn(account);
  const authenticator = new SoftAuthenticator({ origin: ORIGIN });
  const { token: key } = await newKey(a, { token: other });
  return { ...account, own: account.access_token, other, key, authenticator };
}
type Someone = Awaited<ReturnType<typeof someone>>;

const me = (service: TestService, token: string) => service.get('/users/me', token);
const remember = async ({ own, other, key }: Someone) => {
  for (const service of [a, b]) for (const token of [own, other, key]) await me(service, token);
};

/** What both instances answer: the one that made the change at once, the other within a second. */
async function expectShown({ own, other, key }: Someone, factors: string[]) {
  const isShown = ({ status, body }: Answer) => {
    if (status !== 401) expect({ status, factors: body.factors }).toEqual({ status: 200, factors });
  };
  for (const token of [own, other, key]) isShown(await me(a, token));
  for (const token of [own, other, key]) await eventually(async () => isShown(await me(b, token)));
}

/** Signs in anew, for a second session that has not ended with the first factor. */
async function signInAgain(person: Someone, secret?: string): Promise<string> {
  if (secret) {
    const { body } = await a.post('/auth/login', { ...loginOf(person), totp_code: totpCode(secret) });
    return body.access_token as string;
  }
  const options = await a.post('/auth/passkeys/options');
  const passkey = person.authenticator.get(options.body);
  return (await a.post('/auth/passkeys/login', { passkey })).body.access_token as string;
}
const loginOf = ({ username }: Someone) => ({ username, password: ada.password });

const byUser = (person: Someone, method: 'POST' | 'DELETE', path: string) =>
  a.request(method, path, { token: person.own });
const idOf = async ({ own }: Someone, type: string): Promise<string> => {
  const { body } = await a.get('/users/me/factors', own);
  return body.items.find((factor: { type: string }) => factor.type === type).id as string;
};

/** Ways to change the factors of a user. Each begins with both sessions remembered, and returns what is shown afterwards. */
const ways: [string, (person: Someone) => Promise<string[]>][] = [
  [
    'an app is added',
    async (person) => {
      await addApp(a, person.own);
      return ['totp'];
    },
  ],
  [
    'an app is added beside a passkey, as other sessions of the user see it',
    async (person) => {
      await addPasskey(a, { access_token: person.own, authenticator: person.authenticator });
      person.other = await signInAgain(person);
      await remember(person);
      await addApp(a, person.own);
      return ['totp', 'passkey'];
    },
  ],
  [
    'an app is removed',
    async (person) => {
      const { secret } = await addApp(a, person.own);
      person.other = await signInAgain(person, secret);
      await remember(person);
      const { status } = await byUser(person, 'DELETE', `/users/me/factors/${await idOf(person, 'totp')}`);
      expect(status).toBe(204);
      return [];
    },
  ],
  [
    'a passkey is added beside an app, as other sessions of the user see it',
    async (person) => {
      const { secret } = await addApp(a, person.own);
      person.other = await signInAgain(person, secret);
      await remember(person);
      await addPasskey(a, { access_token: person.own, authenticator: person.authenticator });
      return ['totp', 'passkey'];
    },
  ],
  [
    'a passkey is removed as a passkey',
    async (person) => {
      const id = await addPasskey(a, { access_token: person.own, authenticator: person.authenticator });
      await remember(person);
      expect((await byUser(person, 'DELETE', `/users/me/passkeys/${id}`)).status).toBe(204);
      return [];
    },
  ],
  [
    'a passkey is removed as a factor',
    async (person) => {
      await addPasskey(a, { access_token: person.own, authenticator: person.authenticator });
      await addApp(a, person.own);
      await remember(person);
      const { status } = await byUser(person, 'DELETE', `/users/me/factors/${await idOf(person, 'passkey')}`);
      expect(status).toBe(204);
      return ['totp'];
    },
  ],
  [
    'an admin removes a passkey, which ends all sessions',
    async (person) => {
      const id = await addPasskey(a, { access_token: person.own, authenticator: person.authenticator });
      await remember(person);
      expect((await a.delete(`/admin/users/${person.userId}/passkeys/${id}`, admin)).status).toBe(204);
      [person.own, person.other] = [(await a.signIn(person)).access_token, person.own];
      return [];
    },
  ],
  [
    'an admin resets the factors, which ends all sessions',
    async (person) => {
      await addApp(a, person.own);
      await remember(person);
      expect((await a.delete(`/admin/users/${person.userId}/factors`, admin)).status).toBe(204);
      [person.own, person.other] = [(await a.signIn(person)).access_token, person.own];
      return [];
    },
  ],
  [
    'an app is added while signing in, as the role requires',
    async (person) => {
      const users = a.app.get(UsersService, { strict: false });
      await users.update(person.userId, { role: 'moderator' });
      const { body: begun } = await a.post('/auth/login', loginOf(person));
      const { sign_in_token } = begun as { sign_in_token: string };
      const { body: setup } = await a.post('/auth/login/enrol', { sign_in_token, type: 'totp' });
      const proof = { sign_in_token, totp_code: totpCode(setup.secret) };
      const { body } = await a.post('/auth/login/continue', proof);
      [person.own, person.other] = [body.access_token, person.own];
      return ['totp'];
    },
  ],
];

it.each(ways)('/users/me tells the factors on every instance when %s', async (_, change) => {
  const person = await someone();
  await remember(person);
  await expectShown(person, []);
  expect((await me(a, person.key)).status).toBe(200);
  const factors = await change(person);
  await expectShown(person, factors);
});

it('the first factor ends the other sessions on every instance within a second', async () => {
  const person = await someone();
  await remember(person);
  await addApp(a, person.own);
  expect((await me(a, person.other)).status).toBe(401);
  await eventually(async () => expect((await me(b, person.other)).status).toBe(401));
  expect((await me(b, person.own)).status).toBe(200);
});

it('/users/me tells whether the role requires a factor that is missing, as for admins', async () => {
  const users = a.app.get(UsersService, { strict: false });
  const person = await someone();
  // By its session with a factor, since the role ends the others.
  const { secret } = await addApp(a, person.own);
  await users.update(person.userId, { role: 'moderator' });
  person.other = await signInAgain(person, secret);
  expect((await me(b, person.own)).body).toMatchObject({ factors: ['totp'], must_enrol: false });
  const before = await a.get(`/admin/users/${person.userId}`, admin);
  expect(before.body).toMatchObject({ factors: ['totp'], must_enrol: false });
  expect((await a.delete(`/admin/users/${person.userId}/factors`, admin)).status).toBe(204);
  const shown = await a.get(`/admin/users/${person.userId}`, admin);
  expect(shown.body).toMatchObject({ factors: [], must_enrol: true });
});

it('every answer with an account has the same fields', async () => {
  const added = await a.post('/auth/register', { ...ada, username: 'fields', email: 'fields@example.com' });
  expect(added.body).toMatchObject({ factors: [], must_enrol: false });
  const { access_token } = await a.signIn({ username: 'fields', password: ada.password });
  const fields = Object.keys(added.body);
  expect(Object.keys((await me(a, access_token)).body)).toEqual(fields);
  const changed = await a.patch('/users/me', { full_name: 'Ada' }, access_token);
  expect(Object.keys(changed.body)).toEqual(fields);
  const exported = await a.get('/users/me/export', access_token);
  expect(Object.keys(exported.body.user)).toEqual(fields);
  const listed = await a.get('/admin/users?q=fields', admin);
  expect(Object.keys(listed.body.items[0])).toEqual([...fields, 'identities']);
});

it('/users/me is answered from memory, with the factors', async () => {
  const person = await someone();
  await addApp(a, person.own);
  await me(a, person.own);
  const { lookups } = a.app.get(Authenticator, { strict: false }) as PrincipalCache;
  const before = { ...lookups };
  expect((await me(a, person.own)).body.factors).toEqual(['totp']);
  expect(lookups).toEqual({ memory: before.memory + 1, database: before.database });
});

describe('the services that alone write the tables of factors', () => {
  /** Methods that change which factors a user has; all others change none. A new method has to be put in its place here. */
  const methods = {
    TotpService: {
      changing: ['confirm', 'remove'],
      others: ['begin', 'find', 'findUnconfirmed', 'purge', 'rename', 'take', 'use'],
    },
    PasskeysService: {
      changing: ['add', 'remove', 'removeAll'],
      others: ['allOf', 'findByCredential', 'has', 'listOf', 'recordUse', 'rename'],
    },
  };

  it.each([TotpService, PasskeysService])('are known with all methods: %p', (service) => {
    const names = Object.getOwnPropertyNames(service.prototype).filter((name) => name !== 'constructor');
    const { changing, others } = methods[service.name as keyof typeof methods];
    expect(names.sort()).toEqual([...changing, ...others].sort());
  });

  it('announce each change to all instances in its transaction, and nothing if nothing changed', async () => {
    const [totps, passkeys] = [TotpService, PasskeysService].map((type) =>
      a.app.get(type, { strict: false }),
    ) as [TotpService, PasskeysService];
    const heard: Change[] = [];
    b.app
      .get(AccessChanges, { strict: false })
      .subscribe({ onChange: (change) => heard.push(change), onGap() {} });
    const db = a.app.get(DataSource);
    const { userId, own, authenticator } = await someone();
    await addPasskey(a, { access_token: own, authenticator });
    const [stored] = await passkeys.allOf(userId);
    const full = await passkeys.findByCredential(stored.credentialId);
    if (!full) throw new Error('The passkey is not stored');

    const user = { id: userId, username: 'x' };
    const { id, secret } = await db.transaction((tx) => totps.begin(user, 'App', tx));
    const calls: [string, () => Promise<unknown>, boolean][] = [
      ['wrong code', () => db.transaction((tx) => totps.confirm(id, userId, '000000', tx)), false],
      ['confirm', () => db.transaction((tx) => totps.confirm(id, userId, totpCode(secret), tx)), true],
      ['remove the app', () => db.transaction((tx) => totps.remove(userId, tx)), true],
      ['remove it again', () => db.transaction((tx) => totps.remove(userId, tx)), false],
      ['remove a passkey', () => db.transaction((tx) => passkeys.remove(stored.id, userId, tx)), true],
      ['remove it again', () => db.transaction((tx) => passkeys.remove(stored.id, userId, tx)), false],
      ['add it', () => db.transaction((tx) => passkeys.add({ ...full, userId }, tx)), true],
      ['remove all', () => db.transaction((tx) => passkeys.removeAll(userId, tx)), true],
      ['remove none', () => db.transaction((tx) => passkeys.removeAll(userId, tx)), false],
    ];
    // After each, a change that is heard for certain, so that silence is known without waiting.
    const mark = '00000000-0000-7000-8000-000000000000';
    for (const [name, call, isHeard] of calls) {
      heard.length = 0;
      await call();
      await db.transaction((tx) => a.app.get(AccessChanges, { strict: false }).announce({ user: mark }, tx));
      await eventually(async () => expect(heard).toContainEqual({ user: mark }));
      const mine = heard.filter((change) => 'user' in change && change.user === userId);
      expect([name, mine.length > 0]).toEqual([name, isHeard]);
    }
    expect(await a.app.get(FactorsService, { strict: false }).namesOf(userId)).toEqual([]);
  });
});
