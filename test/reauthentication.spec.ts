import { DataSource } from 'typeorm';
import { expectProblem } from './support/expect-problem.js';
import { ada, TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const current_password = ada.password;

it.each([
  ['POST', '/users/me/password', { current_password, new_password: 'Nanosecond30cm' }],
  ['POST', '/users/me/email', { current_password, new_email: 'elsewhere@example.com' }],
  ['DELETE', '/users/me', { current_password }],
])(
  '%s %s does nothing by a password that was replaced while it was looked at',
  async (method, path, body) => {
    const username = `${method}${path.split('/').at(-1)}`.toLowerCase();
    const person = { ...ada, username, email: `${username}@example.com` };
    await service.post('/auth/register', person);
    const { access_token } = await service.signIn(person);

    const replacing = service.app.get(DataSource).createQueryRunner();
    await replacing.startTransaction();
    await replacing.query(`UPDATE auth_users SET hashed_password = 'another' WHERE username = $1`, [
      username,
    ]);
    // The old hash is still the one that is read; then the row is waited for.
    const asking = service.request(method, path, {
      token: access_token,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    await expectSomebodyWaits();
    await replacing.commitTransaction();
    await replacing.release();
    expectProblem(await asking, 401, 'invalid-credentials');
    expect(
      await service.database.query(
        'SELECT deleted_at, email, hashed_password FROM auth_users WHERE username = $1',
        [username],
      ),
    ).toEqual([{ deleted_at: null, email: person.email, hashed_password: 'another' }]);
  },
);

async function expectSomebodyWaits(): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const waiting = await service.database.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('Nobody waits for the account');
}
