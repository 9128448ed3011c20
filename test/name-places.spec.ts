import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFastApiUser } from '../src/fastapi/import/fastapi-user.js';
import { UserImportService } from '../src/admin/user-files/user-import.service.js';
import { ensureAdministrator } from '../src/auth/first-administrator.js';
import { settings } from '../src/env/settings/settings.js';
import { canonicalEmail, canonicalUsername } from '../src/names/canonical.js';
import { Problem } from '../src/http/problem/problem.js';
import { UsersService } from '../src/users/users.service.js';
import { type Answer, TestService } from './support/test-service.js';

const password = 'Analytical1';
const source = fileURLToPath(new URL('../src/', import.meta.url));

/** Ways to write `kis` and `kis@bücher.example` that somebody, or something, may take for the same. */
const usernames = [
  'KIS',
  'k\u0130s',
  'k\u0131s',
  '\u212ais',
  'ki\u017f',
  'kiß',
  'kiẞ',
  'ki\u0307s',
  'ｋis',
  ' kis\t',
];
const addresses = [
  ...usernames.map((username) => `${username}@bücher.example`),
  ...[
    'BÜCHER.example',
    'xn--bcher-kva.example',
    'bu\u0308cher.example',
    'bü\u00adcher.example',
    'büｃher.example',
  ].map((domain) => `kis@${domain}`),
];

let service: TestService;
let admin: string;
let count = 0;
const fresh = () => `name${++count}`;
const users = () => service.app.get(UsersService, { strict: false });
const make = (username: string, email: string) =>
  users().create({ username, email, passwordHash: null, emailVerified: true });
const answered = ({ status }: Answer) => expect([200, 201, 202, 409, 422]).toContain(status);
/** What is refused is refused as a problem, not by the database. */
const refusable = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined) expect(error).toBeInstanceOf(Problem);
};
const someUser = async () => (await make(fresh(), `${fresh()}@example.com`)).id;
/** Of an account that can be renamed again and again. */
let token: string;

/** All that takes a name or an address: a DTO, a setting, or a command. Each tries to have it for an account. */
const places: Record<string, (username: string, email: string) => Promise<void>> = {
  RegisterDto: async (username, email) =>
    answered(await service.post('/auth/register', { username, email, password })),
  CreateUserDto: async (username, email) =>
    answered(await service.post('/admin/users', { username, email, password }, admin)),
  ChangeUserDto: async (username) =>
    answered(await service.patch(`/admin/users/${await someUser()}`, { username }, admin)),
  RestoreUserDto: async (username, email) => {
    const id = await someUser();
    await service.delete(`/admin/users/${id}`, admin);
    answered(await service.post(`/admin/users/${id}/restore`, { username, email }, admin));
  },
  UpdateProfileDto: async (username) => answered(await service.patch('/users/me', { username }, token)),
  ChangeEmailDto: async (_, email) => {
    const body = { new_email: email, current_password: password };
    answered(await service.post('/users/me/email', body, token));
  },
  ForgotPasswordDto: async (_, email) => answered(await service.post('/auth/password/forgot', { email })),
  RequestVerificationDto: async (_, email) =>
    answered(await service.post('/auth/verify-email/request', { email })),
  // The calls of a host.
  NamesDto: async (username, email) => {
    await refusable(make(username, email));
    await refusable(users().update(await someUser(), { username }));
    await users().findByLogin(username);
    await users().findByLogin(email);
  },
  UserRecordDto: async (username, email) => {
    const rows = (async function* () {
      yield { line: 1, fields: { username, email } };
    })();
    await service.app.get(UserImportService, { strict: false }).import(rows, { onRefusal: () => undefined });
  },
  // A row of the FastAPI service.
  Names: async (username, email) => {
    const row = {
      ...{ id: 1, username, email, role: 'USER', is_active: true },
      ...{ hashed_password: '', created_at: '', updated_at: '' },
    };
    const read = readFastApiUser(row, true);
    if (!Array.isArray(read)) await refusable(make(read.username, read.email));
  },
  // Also `create-admin`, and of the start.
  ADMIN_USERNAME: (username, email) =>
    refusable(ensureAdministrator(service.app, { username, email, password }, { another: true })),
  ADMIN_EMAIL: (username, email) =>
    refusable(ensureAdministrator(service.app, { username, email, password }, { another: true })),
  'create-admin': (username, email) =>
    refusable(ensureAdministrator(service.app, { username, email, password }, { another: true })),
  'users set-password': async (username) => void (await users().findByLogin(username)),
};

function allPlaces(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const found = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(source, file), 'utf8');
    let owner = '';
    for (const [, name, isField] of text.matchAll(/\bclass (\w+)|^ +(@Is(?:Username|EmailAddress))\(/gm)) {
      if (name) owner = name;
      if (isField) found.add(owner);
    }
    // A class that is decorated by the rules of the table of account fields.
    for (const [, name] of text.matchAll(/\bdecorate\((\w+)\.prototype/g)) found.add(name);
    const [, usage] = file.startsWith('commands/') ? (/usage: '([^']+)'/.exec(text) ?? []) : [];
    if (usage && /<username|<address>|--username|--email/.test(usage)) found.add(usage.split(/ [[<]/)[0]);
  }
  for (const name of Object.keys(settings)) if (/USERNAME$|EMAIL$/.test(name)) found.add(name);
  return [...found].sort();
}

beforeAll(async () => {
  service = await TestService.start({ auth: { rateLimits: false } });
  const root = { username: 'root', email: 'root@example.com', password };
  await ensureAdministrator(service.app, root);
  ({ access_token: admin } = await service.signIn({ username: 'root', password }));
  await make('kis', 'kis@bücher.example');
  const person = { username: 'person', email: 'person@example.com', password };
  await service.post('/admin/users', person, admin);
  ({ access_token: token } = await service.signIn({ username: 'person', password }));
});
afterAll(() => service.stop());

it('has a case for each place that takes a name or an address', () => {
  expect(Object.keys(places).sort()).toEqual(allPlaces());
});

it.each(Object.entries(places))('%s gives nobody the name or mailbox of another account', async (_, put) => {
  for (const username of usernames) await put(username, `${fresh()}@example.com`);
  for (const email of addresses) await put(fresh(), email);
  const { database } = service;
  const rows = await database.query<Record<string, string>>(
    'SELECT username, email, username_key, email_key FROM auth_users WHERE deleted_at IS NULL',
  );
  for (const row of rows) {
    expect(row.username_key).toBe(canonicalUsername(row.username));
    expect(row.email_key).toBe(canonicalEmail(row.email));
    expect(row.username).toMatch(/^[\w.-]+$/);
    expect(row.email.split('@')[1]).toMatch(/^[a-zA-Z0-9.-]+$/);
  }
  expect(rows.filter(({ username_key: key }) => key === 'kis')).toHaveLength(1);
  expect(rows.filter(({ email_key: key }) => key === 'kis@xn--bcher-kva.example')).toHaveLength(1);
});
