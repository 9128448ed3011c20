import { canonicalEmail } from '../src/names/canonical.js';
import { expectProblem } from './support/expect-problem.js';
import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { totpCode } from './support/authenticator.js';
import { MailService, publicUrl } from './support/mail-service.js';
import { addPasskey } from './support/passkey-holder.js';
import { ada } from './support/test-service.js';

let app: MailService;
beforeAll(async () => {
  app = await MailService.start();
});
afterAll(() => app.stop());

const undo = (token: string) => app.service.post('/auth/email/undo', { token });

/** Moves an account to another address. @returns the token of the message to the old one. */
async function move(access_token: string, from: string, to: string): Promise<string> {
  const change = { new_email: to, current_password: ada.password };
  expect((await app.service.post('/users/me/email', change, access_token)).status).toBe(202);
  const token = await app.token('confirm-email-change', to);
  expect((await app.service.post('/auth/email/confirm', { token })).status).toBe(200);
  return app.token('email-changed', from);
}

it('the old mailbox takes an account back that a thief moved away twice, and ends all that the thief has', async () => {
  const owner = await app.signUp({ ...ada, email: 'ada@example.com' });
  const token = await move(owner.access_token, 'ada@example.com', 'thief@example.net');
  await move(owner.access_token, 'thief@example.net', 'thief2@example.net');
  const thief = await app.service.signIn();
  await app.service.post('/auth/password/forgot', { email: 'thief2@example.net' });
  const reset = await app.token('reset-password', 'thief2@example.net');

  // The old address is held meanwhile.
  const squatter = { ...ada, username: 'squatter', email: 'ADA@example.com' };
  expectProblem(await app.service.post('/auth/register', squatter), 409, 'email-taken');

  const answers = await Promise.all(Array.from({ length: 8 }, () => undo(token)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(400)]);
  expect((await app.service.get('/users/me', thief.access_token)).status).toBe(401);
  const { username, password } = ada;
  expectProblem(await app.service.post('/auth/login', { username, password }), 401, 'invalid-credentials');
  const new_password = 'Nanosecond30cm';
  const replaced = await app.service.post('/auth/password/reset', { token: reset, new_password });
  expectProblem(replaced, 400, 'invalid-token');
  await app.mail('email-change-undone', 'thief2@example.net');

  const chosen = await app.token('password-ended', 'ada@example.com');
  expect((await app.service.post('/auth/password/reset', { token: chosen, new_password })).status).toBe(204);
  const { access_token } = await app.service.signIn({ username, password: new_password });
  expect((await app.service.get('/users/me', access_token)).body).toMatchObject({
    email: 'ada@example.com',
    email_verified: true,
  });
  // Nor can the thief undo what was undone.
  expectProblem(await undo(await app.token('email-changed', 'thief@example.net')), 400, 'invalid-token');
});

describe('what was added since the change of the address', () => {
  const authenticator = () => new SoftAuthenticator({ origin: new URL(publicUrl).origin });
  const namesOf = async (access_token: string) => {
    const { body } = await app.service.get('/users/me/factors', access_token);
    return [body.items.map(({ name }: { name: string }) => name), body.recovery_codes_left];
  };
  /** Signs in as a user who has taken the account back. */
  async function comeBack(username: string, email: string) {
    const token = await app.token('password-ended', email);
    const new_password = 'Nanosecond30cm';
    expect((await app.service.post('/auth/password/reset', { token, new_password })).status).toBe(204);
    return app.service.post('/auth/login', { username, password: new_password });
  }

  it('ends with an undo, so that the owner can sign in, and nobody else', async () => {
    const [username, email] = ['hijacked', 'hijacked@example.com'];
    const { access_token, id } = await app.signUp({ ...ada, username, email });
    const undoing = await move(access_token, email, 'hijacker@example.net');
    await addPasskey(app.service, { access_token, authenticator: authenticator() });
    const { body: setup } = await app.service.post('/users/me/factors/totp', {}, access_token);
    const confirmation = { id: setup.id, totp_code: totpCode(setup.secret) };
    expect(
      (await app.service.post('/users/me/factors/totp/confirm', confirmation, access_token)).status,
    ).toBe(200);
    await app.service.database.query(
      `INSERT INTO auth_identities (id, user_id, provider, issuer, subject, created_at)
       VALUES (gen_random_uuid(), $1, 'acme', 'https://acme.example', 'hijacker', now())`,
      [id],
    );

    expect((await undo(undoing)).status).toBe(204);
    expect(await app.service.database.query('SELECT FROM auth_identities WHERE user_id = $1', [id])).toEqual(
      [],
    );
    const back = await comeBack(username, email);
    expect(back.status).toBe(200);
    expect(await namesOf(back.body.access_token)).toEqual([[], 0]);
    await app.mail('factor-removed', email);
  });

  it('ends alone: the factors of before stay, which a mailbox does not replace', async () => {
    const [username, email] = ['careful', 'careful@example.com'];
    const { access_token } = await app.signUp({ ...ada, username, email });
    await addPasskey(app.service, { access_token, authenticator: authenticator() }, 'of the owner');
    const undoing = await move(access_token, email, 'careful@example.net');
    await addPasskey(app.service, { access_token, authenticator: authenticator() }, 'of the thief');

    expect((await undo(undoing)).status).toBe(204);
    const back = await comeBack(username, email);
    expect([back.status, back.body.type]).toEqual([403, '/problems/factor-required']);
    expect([back.body.factors, back.body.passkey_options.allowCredentials.length]).toEqual([
      ['passkey', 'recovery_code'],
      1,
    ]);
  });
});

it('an undo is too late after seven days, and then the address is free', async () => {
  const { access_token } = await app.signUp({ ...ada, username: 'late', email: 'late@example.com' });
  const token = await move(access_token, 'late@example.com', 'late@example.net');
  const [{ days }] = await app.service.database.query<{ days: number }>(
    `SELECT extract(epoch FROM expires_at - now())::float / 86400 AS days FROM auth_email_undos WHERE email = 'late@example.com'`,
  );
  expect(days).toBeGreaterThan(6.9);
  await app.service.database.query('UPDATE auth_email_undos SET expires_at = now()');
  expectProblem(await undo(token), 400, 'invalid-token');
  await app.service.signUp({ ...ada, username: 'next', email: 'late@example.com' });
});

it.each(['jos\u00e9@example.com', '-dash@example.com', 'stra\u00dfe@example.com'])(
  'the old mailbox takes an account back also if its address came by an import: %s',
  async (email) => {
    const username = `imported${email.length}`;
    const { access_token } = await app.signUp({ ...ada, username, email: `${username}@example.com` });
    const values = [username, email, canonicalEmail(email)];
    await app.service.database.query(
      'UPDATE auth_users SET email = $2, email_key = $3 WHERE username = $1',
      values,
    );
    const token = await move(access_token, email, `${username}@example.net`);
    expect((await undo(token)).status).toBe(204);
    const find = 'SELECT email FROM auth_users WHERE username = $1';
    expect(await app.service.database.query(find, [username])).toEqual([{ email }]);
  },
);
