import { UserImportService } from '../src/admin/user-files/user-import.service.js';
import { ensureAdministrator } from '../src/auth/first-administrator.js';
import { UsersService } from '../src/users/users.service.js';
import { settings } from '../src/env/settings/settings.js';
import { addresses, expectNoNameTaken, placesIn, refusable, usernames } from './support/name-places.js';
import { ProviderBrowser } from './support/provider-browser.js';
import { CLIENT, TestIssuer } from './support/test-issuer.js';
import { type Answer, TestService } from './support/test-service.js';

const password = 'Analytical1';

let issuer: TestIssuer;
let service: TestService;
/** Where accounts need no password. */
let passwordless: TestService;
let admin: string;
let count = 0;
const fresh = () => `name${++count}`;
const users = () => service.app.get(UsersService, { strict: false });
const make = (username: string, email: string) =>
  users().create({ username, email, passwordHash: null, emailVerified: true });
const answered = ({ status }: Answer) => expect([200, 201, 202, 409, 422]).toContain(status);
const someUser = async () => (await make(fresh(), `${fresh()}@example.com`)).id;
/** Of an account that can be renamed again and again. */
let token: string;

/** All that takes a name or an address: a DTO, a setting, or a command. Each tries to have it for an account. */
const places: Record<string, (username: string, email: string) => Promise<void>> = {
  RegisterDto: async (username, email) =>
    answered(await service.post('/auth/register', { username, email, password })),
  PasswordlessRegisterDto: async (username, email) =>
    answered(await passwordless.post('/auth/register', { username, email })),
  CreateServiceAccountDto: async (username) =>
    answered(await service.post('/admin/service-accounts', { username, role: 'user' }, admin)),
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
  RequestEmailCodeDto: async (_, email) => answered(await service.post('/auth/email-code', { email })),
  // The address that a provider has verified, and the name that its user chooses.
  ProviderStepDto: async (username, email) => {
    issuer.user = { sub: fresh(), email, email_verified: true };
    await new ProviderBrowser(service).signIn('acme');
    issuer.user = { sub: fresh(), email: `no+${fresh()}@example.com`, email_verified: true };
    const { body } = await new ProviderBrowser(service).signIn('acme');
    const { sign_in_token } = body;
    answered(await service.post('/auth/login/continue', { sign_in_token, username }));
  },
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
  // Also `create-admin`, and of the start.
  ADMIN_USERNAME: (username, email) =>
    refusable(ensureAdministrator(service.app, { username, email, password }, { another: true })),
  ADMIN_EMAIL: (username, email) =>
    refusable(ensureAdministrator(service.app, { username, email, password }, { another: true })),
  'create-admin': (username, email) =>
    refusable(ensureAdministrator(service.app, { username, email, password }, { another: true })),
  'users set-password': async (username) => void (await users().findByLogin(username)),
};

beforeAll(async () => {
  issuer = await TestIssuer.start();
  service = await TestService.start({
    signInMethods: ['password', 'passkey', 'email-code'],
    auth: { rateLimits: false, providers: { acme: { ...CLIENT, issuer: issuer.url } } },
  });
  passwordless = await TestService.start({ passwordless: true, on: service.database });
  const root = { username: 'root', email: 'root@example.com', password };
  await ensureAdministrator(service.app, root);
  ({ access_token: admin } = await service.signIn({ username: 'root', password }));
  await make('kis', 'kis@bücher.example');
  const person = { username: 'person', email: 'person@example.com', password };
  await service.post('/admin/users', person, admin);
  ({ access_token: token } = await service.signIn({ username: 'person', password }));
});
afterAll(async () => {
  await passwordless?.stop();
  await service?.stop();
  await issuer?.stop();
});

it('has a case for each place that takes a name or an address', () => {
  const inCode = placesIn('src', 'fastapi/');
  const inSettings = Object.keys(settings).filter((name) => /USERNAME$|EMAIL$/.test(name));
  expect(Object.keys(places).sort()).toEqual([...inCode, ...inSettings].sort());
});

it.each(Object.entries(places))('%s gives nobody the name or mailbox of another account', async (_, put) => {
  for (const username of usernames) await put(username, `${fresh()}@example.com`);
  for (const email of addresses) await put(fresh(), email);
  await expectNoNameTaken(service.database);
});
