import { UsersService } from '../src/users/users.service.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

let app: MailService;
let admin: string;
beforeAll(async () => {
  app = await MailService.start();
  const { id, access_token } = await app.service.signUp({ username: 'chief', email: 'chief@example.com' });
  await app.service.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
  admin = access_token;
});
afterAll(() => app.stop());

const { password } = ada;
const person = (username: string, email = `${username}@example.com`) => ({ username, email, password });
const register = (username: string, email?: string) =>
  app.service.post('/auth/register', person(username, email));
const restore = (id: string, names?: unknown) => app.service.post(`/admin/users/${id}/restore`, names, admin);

/** Registers somebody, verifies the address, and deletes the account. */
async function deleted(username: string): Promise<string> {
  const { id, access_token } = await app.signUp(person(username));
  const removed = await app.service.delete('/users/me', access_token, { current_password: password });
  expect(removed.status).toBe(204);
  return id;
}

async function lastEvent(id: string) {
  const { body } = await app.service.get(`/admin/audit-events?user_id=${id}&type=user_restored`, admin);
  return body.items[0];
}

it('an account whose names were taken says which, and comes back under others', async () => {
  const id = await deleted('grace');
  await register('GRACE', 'other@example.com');
  expectProblem(await restore(id), 409, 'username-taken');
  await register('other', 'Grace@Example.com');
  expectProblem(await restore(id, { username: 'hopper' }), 409, 'email-taken');
  expectProblem(await restore(id, { email: 'hopper@example.com' }), 409, 'username-taken');
  expectProblem(await restore(id, { username: 'chief', email: 'hopper@example.com' }), 409, 'username-taken');

  const names = { username: 'hopper', email: 'hopper@example.com' };
  const answer = await restore(id, names);
  expect(answer).toMatchObject({ status: 200, body: { id, ...names, email_verified: false } });
  expect((await lastEvent(id)).data).toEqual({
    before: { username: 'grace' },
    after: { username: 'hopper' },
    changed: ['email'],
  });
  // The password is the one that it had.
  await app.service.signIn({ username: 'hopper@example.com', password });
  const token = await app.token('verify-email', 'hopper@example.com');
  const verified = await app.service.post('/auth/verify-email', { token });
  expect(verified).toMatchObject({ status: 200, body: { id, email_verified: true } });
});

it('an account under its own address stays verified, and is told of another username', async () => {
  const id = await deleted('joan');
  await register('joan', 'another@example.com');
  const { status, body } = await restore(id, { username: 'clarke', email: ' JOAN@example.com ' });
  expect({ status, body }).toMatchObject({ status: 200, body: { username: 'clarke', email_verified: true } });
  expect((await lastEvent(id)).data).toEqual({ before: { username: 'joan' }, after: { username: 'clarke' } });
  await app.mail('username-changed', 'joan@example.com');
});

it.each([
  ['nothing', undefined],
  ['no names', {}],
])('an account comes back as it was with %s', async (what, names) => {
  const username = what.replace(' ', '');
  const id = await deleted(username);
  expect(await restore(id, names)).toMatchObject({
    status: 200,
    body: { username, email: `${username}@example.com`, email_verified: true },
  });
  expect((await lastEvent(id)).data).toEqual({});
});

it('names are held against the rules of all accounts', async () => {
  const id = await deleted('radia');
  for (const names of [
    { username: 'x' },
    { email: 'nobody' },
    { email: null },
    { role: 'admin' },
    { username: ['radia2'] },
    [],
  ])
    expectProblem(await restore(id, names), 422, 'invalid-input');
  expect((await restore(id)).status).toBe(200);
});

it('an address that an old mailbox may take back is not given to it', async () => {
  const id = await deleted('moved');
  const { access_token } = await app.service.signUp(person('mover', 'moved@example.com'));
  const second = await app.token('verify-email', 'moved@example.com', 2);
  expect((await app.service.post('/auth/verify-email', { token: second })).status).toBe(200);
  const change = { new_email: 'mover@example.com', current_password: password };
  await app.service.post('/users/me/email', change, access_token);
  const token = await app.token('confirm-email-change', 'mover@example.com');
  expect((await app.service.post('/auth/email/confirm', { token })).status).toBe(200);

  expectProblem(await restore(id), 409, 'email-taken');
  expectProblem(await restore(id, { email: 'MOVED@example.com' }), 409, 'email-taken');
  expect((await restore(id, { email: 'moved2@example.com' })).status).toBe(200);
});

it('of restores and registrations at once, one gets the names', async () => {
  for (let round = 0; round < 5; round++) {
    const [one, two] = [await deleted(`one${round}`), await deleted(`two${round}`)];
    const names = { username: `wanted${round}`, email: `wanted${round}@example.com` };
    const answers = await Promise.all([
      restore(one, names),
      restore(two, { username: names.username }),
      restore(two, { email: names.email }),
      register(names.username, `else${round}@example.com`),
      register(`else${round}`, names.email),
    ]);
    const [byName, byEmail, both] = await Promise.all(
      ['username = $1', 'email = $2', 'username = $1 AND email = $2'].map((condition) =>
        app.service.database.query(
          `SELECT id FROM auth_users WHERE deleted_at IS NULL AND $1 <> $2 AND ${condition}`,
          [names.username, names.email],
        ),
      ),
    );
    expect([byName.length, byEmail.length]).toEqual([1, 1]);
    expect(both.length).toBe(answers[0].status === 200 ? 1 : 0);
    for (const { status } of answers) expect([200, 201, 404, 409]).toContain(status);
  }
});

it('of two restores of one account at once, one succeeds', async () => {
  const id = await deleted('twice');
  const answers = await Promise.all([
    restore(id, { username: 'first1' }),
    restore(id, { username: 'second2' }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
});
