import { readFastApiUser } from '../../src/fastapi/import/fastapi-user.js';
import { UsersService } from '../../src/users/users.service.js';
import { addresses, expectNoNameTaken, placesIn, refusable, usernames } from '../support/name-places.js';
import { TestService } from '../support/test-service.js';

const rowOf = (username: string, email: string) => ({
  ...{ id: 1, username, email, role: 'USER', is_active: true },
  ...{ hashed_password: '', created_at: '', updated_at: '' },
});

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ auth: { rateLimits: false } });
});
afterAll(() => service.stop());

it('takes names and addresses in one place', () => {
  expect(placesIn('src/fastapi')).toEqual(['Names']);
});

it('a row of the FastAPI service gives nobody the name or mailbox of another account', async () => {
  const users = service.app.get(UsersService, { strict: false });
  const make = (username: string, email: string) =>
    users.create({ username, email, passwordHash: null, emailVerified: true });
  await make('kis', 'kis@bücher.example');
  const put = async (username: string, email: string) => {
    const read = readFastApiUser(rowOf(username, email), true);
    if (!Array.isArray(read)) await refusable(make(read.username, read.email));
  };
  let count = 0;
  const fresh = () => `name${++count}`;
  for (const username of usernames) await put(username, `${fresh()}@example.com`);
  for (const email of addresses) await put(fresh(), email);
  await expectNoNameTaken(service.database);
});

it('takes over from the FastAPI service what is stored in one form', () => {
  const row = rowOf('ada', 'ada@Bücher.example');
  expect(readFastApiUser(row, true)).toMatchObject({ email: 'ada@xn--bcher-kva.example' });
  expect(readFastApiUser({ ...row, email: 'ada@ex\u00adample.com' }, true)).toMatchObject([
    { code: 'invalid-email' },
  ]);
});
