import { Role } from '../src/settings/role.js';
import { UsersService } from '../src/users/users.service.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { runScheduled } from './support/run-scheduled.js';
import { ada, type Answer, type Tokens } from './support/test-service.js';

let app: MailService;
let admin: string;
beforeAll(async () => {
  app = await MailService.start();
  const { id, access_token } = await app.service.signUp({ username: 'root', email: 'root@example.com' });
  await app.service.app.get(UsersService, { strict: false }).update(id, { role: Role.Admin });
  admin = access_token;
});
afterAll(() => app.stop());

type Person = typeof ada & Tokens & { id: string };

/** A kind of link: how a signed-in user asks for it, what it reads like in a mail, and how it is used. */
interface Flow {
  template: 'verify-email' | 'reset-password' | 'confirm-email-change';
  ask(person: Person): Promise<Answer>;
  /** Where it is sent. */
  to(person: Person): string;
  use(token: string): Promise<Answer>;
  done: number;
}

const flows: Record<string, Flow> = {
  verification: {
    template: 'verify-email',
    ask: ({ email }) => app.service.post('/auth/verify-email/request', { email }),
    to: ({ email }) => email,
    use: (token) => app.service.post('/auth/verify-email', { token }),
    done: 200,
  },
  reset: {
    template: 'reset-password',
    ask: ({ email }) => app.service.post('/auth/password/forgot', { email }),
    to: ({ email }) => email,
    use: (token) => app.service.post('/auth/password/reset', { token, new_password: 'Nanosecond30cm' }),
    done: 204,
  },
  'change of address': {
    template: 'confirm-email-change',
    ask: ({ username, password, access_token }) =>
      app.service.post(
        '/users/me/email',
        { new_email: `${username}@new.example`, current_password: password },
        access_token,
      ),
    to: ({ username }) => `${username}@new.example`,
    use: (token) => app.service.post('/auth/email/confirm', { token }),
    done: 200,
  },
};
const names = Object.keys(flows);

let count = 0;
async function signUp(): Promise<Person> {
  const username = `person${count++}`;
  const person = { ...ada, username, email: `${username}@old.example` };
  const tokens = await app.service.signUp(person);
  await app.mail('verify-email', person.email);
  return { ...person, ...tokens };
}

/** Has a link sent; registration has sent one already that verifies the address. */
async function ask(flow: Flow, person: Person): Promise<string> {
  const before = app.received(flow.template, flow.to(person)).length;
  expect((await flow.ask(person)).status).toBe(202);
  return app.token(flow.template, flow.to(person), before + 1);
}

const setPassword = ({ access_token, password: current_password }: Person) =>
  app.service.post('/users/me/password', { current_password, new_password: 'Millisecond3' }, access_token);
const update = (change: string, { id }: Person) =>
  app.service.database.query(`UPDATE auth_users SET ${change} WHERE id = $1`, [id]);

async function deactivate({ id }: Person): Promise<void> {
  for (const is_active of [false, true])
    expect((await app.service.patch(`/admin/users/${id}`, { is_active }, admin)).status).toBe(200);
}

describe.each(names)('the token of a %s', (name) => {
  const flow = flows[name];

  it('works once', async () => {
    const token = await ask(flow, await signUp());
    expect((await flow.use(token)).status).toBe(flow.done);
    expectProblem(await flow.use(token), 400, 'invalid-token');
  });

  it('works once, of 16 times at the same moment', async () => {
    const token = await ask(flow, await signUp());
    const answers = await Promise.all(Array.from({ length: 16 }, () => flow.use(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([flow.done, ...Array<number>(15).fill(400)]);
  });

  it('ends when a newer one is sent', async () => {
    const person = await signUp();
    const older = await ask(flow, person);
    const newer = await ask(flow, person);
    expectProblem(await flow.use(older), 400, 'invalid-token');
    expect((await flow.use(newer)).status).toBe(flow.done);
  });

  it('ends in its time', async () => {
    const person = await signUp();
    const token = await ask(flow, person);
    const move = (seconds: number) =>
      app.service.database.query(
        `UPDATE auth_one_time_tokens SET expires_at = now() + make_interval(secs => $2) WHERE user_id = $1`,
        [person.id, seconds],
      );
    await move(-0.1);
    expectProblem(await flow.use(token), 400, 'invalid-token');
    await move(60);
    expect((await flow.use(token)).status).toBe(flow.done);
  });

  it('is good for as long as it should be', async () => {
    const person = await signUp();
    await ask(flow, person);
    const [{ minutes }] = await app.service.database.query<{ minutes: number }>(
      `SELECT extract(epoch FROM expires_at - now())::float / 60 AS minutes
         FROM auth_one_time_tokens WHERE user_id = $1 AND purpose = $2`,
      [person.id, { verification: 'verify_email', reset: 'reset_password' }[name] ?? 'change_email'],
    );
    const expected = { verification: 24 * 60, reset: 30 }[name] ?? 60;
    expect(minutes).toBeGreaterThan(expected - 1);
    expect(minutes).toBeLessThanOrEqual(expected);
  });

  it('is good for nothing else', async () => {
    const token = await ask(flow, await signUp());
    for (const other of names.filter((other) => other !== name))
      expectProblem(await flows[other].use(token), 400, 'invalid-token');
    expect((await flow.use(token)).status).toBe(flow.done);
  });
});

describe('all tokens of somebody', () => {
  it.each<[string, (person: Person) => Promise<unknown>]>([
    ['the password is changed', setPassword],
    [
      'the password is reset',
      async (person) => flows.reset.use(await app.token('reset-password', person.email)),
    ],
    [
      'the address is changed',
      async (person) =>
        flows['change of address'].use(
          await app.token('confirm-email-change', `${person.username}@new.example`),
        ),
    ],
    ['the account is deactivated, also if it is activated again', deactivate],
    ['the account is deactivated by other means', (person) => update('is_active = false', person)],
    [
      'the account is deleted by its owner',
      ({ access_token, password: current_password }) =>
        app.service.delete('/users/me', access_token, { current_password }),
    ],
    ['the account is deleted by other means', (person) => update('deleted_at = now()', person)],
    [
      'the account is erased',
      ({ id }) => app.service.database.query('DELETE FROM auth_users WHERE id = $1', [id]),
    ],
  ])('end when %s', async (_, happens) => {
    const person = await signUp();
    for (const name of names) await ask(flows[name], person);
    const tokens: [Flow, string][] = [];
    for (const flow of Object.values(flows))
      tokens.push([
        flow,
        await app.token(flow.template, flow.to(person), flow === flows.verification ? 2 : 1),
      ]);
    await happens(person);
    for (const [flow, token] of tokens) expectProblem(await flow.use(token), 400, 'invalid-token');
  });
});

describe('tokens', () => {
  it('that expired are purged by schedule', async () => {
    const [old, fresh] = [await signUp(), await signUp()];
    const { database } = app.service;
    await database.query(`UPDATE auth_one_time_tokens SET expires_at = now() WHERE user_id = $1`, [old.id]);
    await runScheduled(app.service, 'purge-one-time-tokens');
    const left = () =>
      database.query('SELECT user_id FROM auth_one_time_tokens WHERE user_id = ANY($1)', [
        [old.id, fresh.id],
      ]);
    await eventually(async () => expect(await left()).toEqual([{ user_id: fresh.id }]), 5_000);
  });
});
