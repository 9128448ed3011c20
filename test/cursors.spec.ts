import { Role } from '../src/settings/role.js';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { UsersService } from '../src/users/users.service.js';
import { TestService } from './support/test-service.js';

const password = 'Analytical1';
const id = '00000000-0000-7000-8000-000000000000';

let service: TestService;
let token: string;
let rootId: string;
beforeAll(async () => {
  service = await TestService.start();
  const passwordHash = await service.app.get(PasswordsService, { strict: false }).hash(password);
  const users = service.app.get(UsersService, { strict: false });
  const root = { username: 'root', email: 'root@example.com', passwordHash, role: Role.Admin };
  rootId = (await users.create(root)).id;
  ({ access_token: token } = await service.signIn({ username: 'root', password }));
});
afterAll(() => service.stop());

const parts: unknown[] = [
  ...[
    '',
    'x',
    id,
    '2026-02-30T00:00:00+00:00',
    '0000-01-01T00:00:00+00:00',
    '2026-01-01T00:00:00+23:59',
    'infinity',
  ],
  ...[
    'NaN',
    '9'.repeat(17),
    '-'.concat('9'.repeat(17)),
    '9'.repeat(18),
    '1e9',
    '1.5',
    '\0',
    '\ud800',
    'ä'.repeat(300),
  ],
  ...[0, -1, 1.5, 1e308, 2 ** 53, 2 ** 63, null, true, {}, []],
];
const cursors = [
  ...['x', '%%%', '[]', 'e30', 'bnVsbA', 'x'.repeat(2_000)],
  ...[
    [],
    ...parts.map((part) => [part]),
    ...parts.map((part) => [part, id]),
    ...parts.map((part) => [id, part]),
  ]
    .concat(parts.map((part) => [part, part, part]))
    .map((position) => Buffer.from(JSON.stringify(position)).toString('base64url')),
];

it('answers no made-up cursor of any list with more than a page or a refusal', async () => {
  const { body: document } = await service.get('//openapi.json');
  const lists = Object.entries<{ get?: { parameters?: { name: string }[] } }>(document.paths)
    .filter(([, { get }]) => get?.parameters?.some(({ name }) => name === 'cursor'))
    .flatMap(([path]) =>
      (path.endsWith('/admin/users')
        ? ['created_at', '-created_at', 'username', '-username']
        : [undefined]
      ).map((sort) => `/${path.replace(/\{\w+\}/, rootId)}?${sort ? `sort=${sort}&` : ''}cursor=`),
    );
  expect(lists.length).toBeGreaterThanOrEqual(7);
  const wrong: unknown[] = [];
  for (const list of lists)
    for (const cursor of cursors) {
      const { status } = await service.get(list + encodeURIComponent(cursor), token);
      if (status !== 200 && status !== 422) wrong.push({ list, cursor, status });
    }
  expect(wrong).toEqual([]);
});
