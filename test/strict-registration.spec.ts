import { DataSource } from 'typeorm';
import { AccountEvents } from '../src/users/events/account-events.js';
import { UserRegistered } from '../src/users/events/user-events.js';
import { UsersService } from '../src/users/users.service.js';
import { PendingRegistrations } from '../src/users/held-names/pending-registrations.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada, type Answer } from './support/test-service.js';

let app: MailService;
let admin: string;
beforeAll(async () => {
  app = await MailService.start({ auth: { registrationPrivacy: 'strict' } });
  const { id, access_token } = await member('root');
  await app.service.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
  admin = access_token;
});
afterAll(() => app.stop());

const person = (username: string, email = `${username}@example.com`) => ({ ...ada, username, email });
const register = (body: object) => app.service.post('/auth/register', body);
const verify = (token: string) => app.service.post('/auth/verify-email', { token });
const signIn = (username: string) => app.service.post('/auth/login', { username, password: ada.password });
const pending = () => app.service.database.query('SELECT * FROM auth_pending_registrations');

/** Somebody who has opened the link, signed in. */
async function member(username: string) {
  expect((await register(person(username))).status).toBe(202);
  const { body } = await verify(await app.token('verify-email', `${username}@example.com`));
  return { id: body.id as string, ...(await app.service.signIn(person(username))) };
}

/** What a client sees of an answer; but for what is another each time. */
const look = ({ status, headers, body }: Answer) => ({
  status,
  headers: Object.fromEntries(
    [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)).sort(),
  ),
  body: typeof body === 'object' ? { ...body, request_id: undefined } : body,
});

describe('under REGISTRATION_PRIVACY=strict', () => {
  it('an account begins with the link, and its hooks run then', async () => {
    const seen: string[] = [];
    app.service.app
      .get(AccountEvents, { strict: false })
      .before(UserRegistered, ({ username }) => void seen.push(username));
    expect((await register({ ...person('Grace'), full_name: 'Grace H' })).status).toBe(202);
    const mail = await app.mail('verify-email', 'grace@example.com');
    expect(mail.text).toContain('“Grace”');
    expect(seen).toEqual([]);
    expect(await app.service.database.query(`SELECT 1 FROM auth_users WHERE username = 'Grace'`)).toEqual([]);
    expectProblem(await signIn('Grace'), 401, 'invalid-credentials');

    const token = await app.token('verify-email', 'grace@example.com');
    const answer = await verify(token);
    expect(answer).toMatchObject({
      status: 200,
      body: { username: 'Grace', full_name: 'Grace H', email_verified: true },
    });
    expect(seen).toEqual(['Grace']);
    expect((await signIn('grace')).status).toBe(200);
    expectProblem(await verify(token), 400, 'invalid-token');
  });

  it('makes one attempt of 50 for a name, and one message and one account of 50 for an address', async () => {
    const names = await Promise.all(
      Array.from({ length: 50 }, (_, turn) => register(person('racer', `racer${turn}@example.com`))),
    );
    expect(names.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(names.filter(({ status }) => ![202, 409, 503].includes(status))).toEqual([]);

    const email = 'crowd@example.com';
    await Promise.all(Array.from({ length: 50 }, (_, turn) => register(person(`crowd${turn}`, email))));
    const token = await app.token('verify-email', email);
    await app.settled();
    expect(app.received('verify-email', email)).toHaveLength(1);
    const answers = await Promise.all(Array.from({ length: 16 }, () => verify(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const users = await app.service.database.query('SELECT 1 FROM auth_users WHERE email = $1', [email]);
    expect(users).toHaveLength(1);
  });

  it('no second request tells a taken address from a free one, nor from one that waits', async () => {
    await member('settler');
    await register(person('waiting'));
    await app.mail('verify-email', 'waiting@example.com');
    const other = await member('renamer');
    const emails = { free: 'free@example.com', taken: 'OWNER@example.com', waits: 'waiting@example.com' };
    // After the first request with a name of one's choosing and each of the addresses: everything a stranger can ask.
    const second: [string, (name: string, email: string) => Promise<Answer>][] = [
      ['the same again', (username, email) => register(person(username, email))],
      ['the name with another address', (username) => register(person(username, `${username}@x.example`))],
      ['the name in another case', (username) => register(person(username.toUpperCase(), 'a@x.example'))],
      ['the address with another name', (username, email) => register(person(`${username}.2`, email))],
      ['a sign-in by the name', (username) => signIn(username)],
      ['a refused password', (username, email) => register({ ...person(username, email), password: 'x' })],
      ['forgot', (_, email) => app.service.post('/auth/password/forgot', { email })],
      ['the link again', (_, email) => app.service.post('/auth/verify-email/request', { email })],
      ['a made-up token', () => verify('A'.repeat(43))],
      ['a name for oneself', (username) => app.service.patch('/users/me', { username }, other.access_token)],
    ];
    let turn = 0;
    for (const [what, ask] of second) {
      const seen = [];
      for (const email of Object.values(emails)) {
        // As long as each other, so that what counts letters counts alike.
        const name = `probe${String(++turn).padStart(3, '0')}`;
        const first = await register(person(name, email));
        expect(first.status).toBe(202);
        const answer = await ask(name, email);
        const text = JSON.stringify(look(answer)).replaceAll(new RegExp(name, 'gi'), 'probe');
        seen.push([what, text]);
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    }
    // And by the mailbox of a stranger nobody gets an account.
    expect(await app.service.database.query(`SELECT 1 FROM auth_users WHERE username ~ '^probe'`)).toEqual(
      [],
    );
  });

  it('sends the link again on request; the older one ends', async () => {
    await register(person('again'));
    const first = await app.token('verify-email', 'again@example.com');
    await app.service.post('/auth/verify-email/request', { email: 'AGAIN@example.com' });
    const second = await app.token('verify-email', 'again@example.com', 2);
    expectProblem(await verify(first), 400, 'invalid-token');
    expect((await verify(second)).status).toBe(200);
  });

  it('gives the mailbox one account: other attempts for it end, and hold their names', async () => {
    await register(person('mine', 'shared@example.com'));
    const mine = await app.token('verify-email', 'shared@example.com');
    await app.service.database.query(
      `UPDATE auth_pending_registrations SET link_sent_at = now() - interval '1 hour'`,
    );
    await register(person('thiefs', 'SHARED@example.com'));
    const thiefs = await app.token('verify-email', 'shared@example.com', 2);
    expect((await verify(mine)).body.username).toBe('mine');
    expectProblem(await verify(thiefs), 400, 'invalid-token');
    expectProblem(await register(person('thiefs', 'x@example.com')), 409, 'username-taken');
  });

  it('lets admins take a name that an attempt holds; then the attempt is told when it is confirmed', async () => {
    await register(person('wanted'));
    const token = await app.token('verify-email', 'wanted@example.com');
    const made = await app.service.post('/admin/users', person('wanted', 'other@example.com'), admin);
    expect(made.status).toBe(201);
    expectProblem(await verify(token), 409, 'username-taken');

    await register(person('late', 'imported@example.com'));
    const late = await app.token('verify-email', 'imported@example.com');
    await app.service.post('/admin/users', person('imported'), admin);
    expectProblem(await verify(late), 409, 'email-taken');
  });

  it('forgets an attempt after 24 hours, and frees the name', async () => {
    await register(person('slow'));
    const token = await app.token('verify-email', 'slow@example.com');
    await app.service.database.query(
      `UPDATE auth_pending_registrations SET expires_at = now() WHERE username = 'slow'`,
    );
    expectProblem(await verify(token), 400, 'invalid-token');
    expect((await register(person('slow'))).status).toBe(202);
    await app.service.database.query('UPDATE auth_pending_registrations SET expires_at = now()');
    await app.service.app.get(PendingRegistrations, { strict: false }).purge();
    expect(await pending()).toEqual([]);
  });

  it('frees an address whose owner knows nothing of the account', async () => {
    await register(person('squatter', 'victim@example.com'));
    const token = await app.token('verify-email', 'victim@example.com');
    expect((await app.service.post('/auth/verify-email/preview', { token })).body).toEqual({
      username: 'squatter',
      registered_at: expect.stringMatching(/Z$/),
      registered_from: 'node, 127.0.0.0/24',
    });
    expect((await app.service.post('/auth/verify-email/disown', { token })).status).toBe(204);
    expectProblem(await verify(token), 400, 'invalid-token');
    expectProblem(await app.service.post('/auth/verify-email/disown', { token }), 400, 'invalid-token');
    // Whether the owner was there is not for the squatter to tell.
    expectProblem(await register(person('squatter', 'x@example.com')), 409, 'username-taken');
  });

  it('keeps no password but its hash while it waits', async () => {
    await register(person('hashed'));
    await app.token('verify-email', 'hashed@example.com');
    const [row] = await app.service.database.query<{ hashed_password: string; token_hash: Buffer }>(
      `SELECT * FROM auth_pending_registrations WHERE username = 'hashed'`,
    );
    expect(row.hashed_password).toMatch(/^\$argon2id\$/);
    expect(row.token_hash).toHaveLength(32);
    expect(JSON.stringify(row)).not.toContain(ada.password);
  });

  it('shows a subscriber of the DataSource no hash of a token', async () => {
    const seen: unknown[] = [];
    const look = ({ entity, parameters }: { entity?: unknown; parameters?: unknown }) =>
      void seen.push(entity, parameters);
    const db = app.service.app.get(DataSource);
    const subscriber = {
      beforeInsert: look,
      beforeUpdate: look,
      beforeRemove: look,
      beforeQuery: () => undefined,
    };
    db.subscribers.push(subscriber);
    try {
      await register(person('watched'));
      const first = await app.token('verify-email', 'watched@example.com');
      await app.service.database.query(
        `UPDATE auth_pending_registrations SET link_sent_at = now() - interval '1 day'`,
      );
      await app.service.post('/auth/verify-email/request', { email: 'watched@example.com' });
      const token = await app.token('verify-email', 'watched@example.com', 2);
      expect(token).not.toBe(first);
      expect((await verify(token)).status).toBe(200);
    } finally {
      db.subscribers.splice(db.subscribers.indexOf(subscriber), 1);
    }
    expect(JSON.stringify(seen)).not.toMatch(/hash|"type":"Buffer"/i);
  });

  it('lets nobody tell by an earlier link whether the address of a change is taken', async () => {
    const mover = await member('wanderer');
    await member('resident');
    const ask = (new_email: string) =>
      app.service.post('/users/me/email', { new_email, current_password: ada.password }, mover.access_token);
    // However often a mailbox was written to, the link before ends.
    for (const [i, email] of ['resident@example.com', 'free@example.com'].entries()) {
      for (let n = 0; n < 12; n++) expect((await ask(email)).status).toBe(202);
      const own = `wanderer${i}@example.net`;
      await ask(own);
      const link = await app.token('confirm-email-change', own);
      await ask(email);
      expectProblem(await app.service.post('/auth/email/confirm', { token: link }), 400, 'invalid-token');
    }
  });
});
