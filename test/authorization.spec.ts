import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Role } from '../src/settings/role.js';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { TokenPairs } from '../src/auth/tokens/token-pairs.js';
import { SessionsService } from '../src/auth/sessions/sessions.service.js';
import { UsersService } from '../src/users/users.service.js';
import { hostKind } from './support/contract-host.js';
import { servedRoutes } from './support/served-routes.js';
import { TestService } from './support/test-service.js';

const PASSWORD = 'Analytical1';
const callers = ['anonymous', 'user', 'moderator', 'admin', 'deactivated'] as const;
type Caller = (typeof callers)[number];

/** Whom a request is about: somebody other than the caller. */
interface Victim {
  id: string;
  sessionId: string;
}

interface Row {
  /** What each of {@link callers} gets, in that order. */
  answers: [number, number, number, number, number];
  body?: unknown;
  /** Default: the victim's id. */
  id?: (victim: Victim) => string;
}

const everyone = (status: number, body?: unknown): Row => ({
  answers: [status, status, status, status, status],
  body,
});
const signedIn = (status: number, body?: unknown): Row => ({
  answers: [401, status, status, status, 401],
  body,
});
const staff = (status: number, body?: unknown): Row => ({ answers: [401, 403, status, status, 401], body });
const admins = (status: number, body?: unknown): Row => ({ answers: [401, 403, 403, status, 401], body });
const someToken = { token: 'a'.repeat(43) };

/** Who gets what, for every route that the router knows. A new route without a row here fails the test. */
const table: Record<string, Row> = {
  'GET /': everyone(200),
  'GET /health/live': everyone(200),
  'GET /health/ready': everyone(200),
  'GET /problems/{code}': { ...everyone(200), id: () => 'not-found' },
  'GET /.well-known/jwks.json': everyone(200),
  'GET /.well-known/revocations': everyone(200),
  'GET /.well-known/webauthn': everyone(404),
  'GET /docs': everyone(200),
  'GET /redoc': everyone(200),
  'GET /openapi.json': everyone(200),
  'GET /dev/mail': everyone(200),
  'GET /dev/mail/{key}': everyone(404),

  'POST /api/v1/auth/register': everyone(422, {}),
  'POST /api/v1/auth/login': everyone(401, { username: 'nobody', password: PASSWORD }),
  'POST /api/v1/auth/login/continue': everyone(401, { sign_in_token: 'a'.repeat(43), totp_code: '123456' }),
  'POST /api/v1/auth/login/enrol': everyone(401, { sign_in_token: 'a'.repeat(43), type: 'totp' }),
  'POST /api/v1/auth/passkeys/options': everyone(200),
  'POST /api/v1/auth/passkeys/login': everyone(422, { passkey: {} }),
  'GET /api/v1/auth/providers': everyone(200),
  // No provider is configured here.
  'POST /api/v1/auth/providers/{name}/authorize': everyone(404, {
    ...{ redirect_to: 'http://localhost:8000/', code_challenge: 'a'.repeat(43) },
  }),
  'GET /api/v1/auth/providers/{name}/authorize': everyone(422),
  'GET /api/v1/auth/providers/{name}/callback': everyone(404),
  'POST /api/v1/auth/providers/{name}/callback': everyone(404),
  'POST /api/v1/auth/providers/{name}/id-token': everyone(404, { id_token: 'a.b.c', nonce: 'a-nonce-of-it' }),
  'POST /api/v1/auth/refresh': everyone(401, { refresh_token: 'x' }),
  'POST /api/v1/auth/revoke': everyone(200, { token: 'x' }),
  'POST /api/v1/auth/verify-email/request': everyone(202, { email: 'nobody@example.com' }),
  'POST /api/v1/auth/verify-email': everyone(400, someToken),
  'POST /api/v1/auth/verify-email/preview': everyone(400, someToken),
  'POST /api/v1/auth/verify-email/disown': everyone(400, someToken),
  'POST /api/v1/auth/password/forgot': everyone(202, { email: 'nobody@example.com' }),
  'POST /api/v1/auth/password/reset': everyone(400, { ...someToken, new_password: PASSWORD }),
  // Codes are no way in here; none of these sign-ins waits for one.
  'POST /api/v1/auth/email-code': everyone(401, { sign_in_token: 'none' }),
  'POST /api/v1/auth/email/confirm': everyone(400, someToken),
  'POST /api/v1/auth/email/undo': everyone(400, someToken),
  'POST /api/v1/auth/logout': signedIn(204),
  'POST /api/v1/auth/logout-all': signedIn(204),

  'GET /api/v1/users/me': signedIn(200),
  'PATCH /api/v1/users/me': signedIn(200, { full_name: 'Ada' }),
  'DELETE /api/v1/users/me': signedIn(204, { current_password: PASSWORD }),
  'POST /api/v1/users/me/password': signedIn(204, {
    current_password: PASSWORD,
    new_password: 'Difference2',
  }),
  'PUT /api/v1/users/me/password': signedIn(409, { new_password: 'Difference2' }),
  // One factor is not enough.
  'DELETE /api/v1/users/me/password': signedIn(401),
  'POST /api/v1/users/me/email': signedIn(202, { current_password: PASSWORD, new_email: 'new@example.com' }),
  'GET /api/v1/users/me/export': signedIn(200),
  'GET /api/v1/users/me/events': signedIn(200),
  'POST /api/v1/users/me/reauthenticate': signedIn(200, { password: PASSWORD }),
  'POST /api/v1/users/me/reauthenticate/options': signedIn(200),
  'GET /api/v1/users/me/factors': signedIn(200),
  'POST /api/v1/users/me/factors/totp': signedIn(403, {}),
  'POST /api/v1/users/me/factors/totp/confirm': signedIn(404, {
    id: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11',
    totp_code: '123456',
  }),
  'PATCH /api/v1/users/me/factors/{id}': signedIn(404, { name: 'Phone' }),
  // One factor is not enough to remove another.
  'DELETE /api/v1/users/me/factors/{id}': signedIn(401),
  'POST /api/v1/users/me/recovery-codes': signedIn(401),
  'GET /api/v1/users/me/sessions': signedIn(200),
  'DELETE /api/v1/users/me/sessions': signedIn(204),
  // Somebody else's session is not there for anyone, an administrator included.
  'DELETE /api/v1/users/me/sessions/{id}': { ...signedIn(404), id: ({ sessionId }) => sessionId },
  'GET /api/v1/users/me/identities': signedIn(200),
  'POST /api/v1/users/me/identities/{name}/authorize': signedIn(403, {
    redirect_to: 'http://localhost:8000/',
  }),
  'DELETE /api/v1/users/me/identities/{id}': signedIn(404),
  'GET /api/v1/users/me/passkeys': signedIn(200),
  // The email address of nobody here is verified.
  'POST /api/v1/users/me/passkeys/options': signedIn(403),
  'POST /api/v1/users/me/passkeys': signedIn(422, { passkey: {} }),
  'PATCH /api/v1/users/me/passkeys/{id}': signedIn(404, { name: 'My phone' }),
  // Nobody here has a second factor.
  'DELETE /api/v1/users/me/passkeys/{id}': signedIn(401),
  'GET /api/v1/users/me/api-keys': signedIn(200),
  'POST /api/v1/users/me/api-keys': signedIn(201, { name: 'Export', scopes: ['profile:read'] }),
  'PATCH /api/v1/users/me/api-keys/{id}': signedIn(404, { name: 'Export' }),
  'DELETE /api/v1/users/me/api-keys/{id}': signedIn(404),
  'GET /api/v1/users/admin-dashboard': admins(200),
  'GET /api/v1/users/moderator-panel': staff(200),

  'GET /api/v1/admin/users': staff(200),
  'POST /api/v1/admin/users': admins(422, {}),
  'GET /api/v1/admin/users/{id}': staff(200),
  'PATCH /api/v1/admin/users/{id}': staff(200, { is_active: false }),
  'DELETE /api/v1/admin/users/{id}': admins(204),
  'POST /api/v1/admin/users/{id}/restore': admins(404),
  'POST /api/v1/admin/users/{id}/password-reset': admins(202),
  'DELETE /api/v1/admin/users/{id}/factors': admins(204),
  // Nobody here has a passkey.
  'DELETE /api/v1/admin/users/{id}/passkeys/{pid}': admins(404),
  'GET /api/v1/admin/users/{id}/sessions': admins(200),
  'GET /api/v1/admin/users/{id}/identities': admins(200),
  'DELETE /api/v1/admin/users/{id}/sessions': admins(204),
  // The victim is a person.
  'POST /api/v1/admin/users/{id}/api-keys': admins(403, { name: 'Export', scopes: ['profile:read'] }),
  'GET /api/v1/admin/users/{id}/api-keys': admins(200),
  'DELETE /api/v1/admin/users/{id}/api-keys/{key}': admins(404),
  'POST /api/v1/admin/service-accounts': admins(422, {}),
  'GET /api/v1/admin/audit-events': admins(200),
  'GET /api/v1/admin/mail-counts': admins(200),
  'GET /api/v1/admin/webhooks': admins(200),
  'POST /api/v1/admin/webhooks': admins(201, { url: 'https://hooks.example.com', types: ['*'] }),
  // There is no webhook with the id of the victim.
  'GET /api/v1/admin/webhooks/{id}': admins(404),
  'PATCH /api/v1/admin/webhooks/{id}': admins(404, { enabled: false }),
  'DELETE /api/v1/admin/webhooks/{id}': admins(404),
  'POST /api/v1/admin/webhooks/{id}/secret': admins(404),
  'POST /api/v1/admin/webhooks/{id}/test': admins(404),
  'GET /api/v1/admin/webhooks/{id}/deliveries': admins(404),
  'POST /api/v1/admin/webhooks/{id}/deliveries/{delivery}/retry': admins(404),
};

describe('who may call what', () => {
  let service: TestService;
  let passwordHash: string;

  beforeAll(async () => {
    service = await TestService.start({ webhooks: true });
    passwordHash = await service.app.get(PasswordsService, { strict: false }).hash(PASSWORD);
    await someone(Role.Admin);
  });

  afterAll(() => service.stop());

  /** Makes an account and signs it in, without the time that a password takes. */
  async function someone(role: Role): Promise<{ id: string; sessionId: string; token: string }> {
    const name = randomUUID();
    const users = service.app.get(UsersService, { strict: false });
    const user = await users.create({ username: name, email: `${name}@example.com`, passwordHash, role });
    const client = { ip: null, userAgent: null, requestId: name };
    const { accessToken: token } = await service.app.get(DataSource).transaction(async (tx) => {
      const sessions = service.app.get(SessionsService, { strict: false });
      const session = await sessions.start(user, { client, methods: ['pwd'] }, tx);
      return service.app.get(TokenPairs, { strict: false }).issue(session);
    });
    const { sid } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as { sid: string };
    return { id: user.id, sessionId: sid, token };
  }

  async function tokenOf(caller: Caller): Promise<string | undefined> {
    if (caller === 'anonymous') return undefined;
    if (caller !== 'deactivated') return (await someone(caller)).token;
    const { id, token } = await someone(Role.User);
    await service.app.get(UsersService, { strict: false }).update(id, { isActive: false });
    return token;
  }

  if (!hostKind) {
    it('is in the table for every route', async () => {
      const served = (await servedRoutes(service)).filter(
        (name) => !/^GET \/((docs|redoc)\/.|account\b|console\/?$)/.test(name),
      );
      expect(served.sort()).toEqual(Object.keys(table).sort());
    });
  }

  // A host has none of those at the root.
  const routes = Object.entries(table).filter(([name]) => !hostKind || name.includes(' /api/v1/'));
  describe.each(routes)('%s', (name, { answers, body, id = (victim) => victim.id }) => {
    it.each(callers.map((caller, i) => [caller, answers[i]] as const))(
      'answers %s with %i',
      async (caller, status) => {
        const [method, path] = name.split(' ');
        const victim = await someone(Role.User);
        const target = path.replace('/api/v1', service.prefix).replaceAll(/\{\w+\}/g, id(victim));
        const answer = await service.request(method, `/${target}`, { body, token: await tokenOf(caller) });
        expect(answer.status).toBe(status);
      },
    );
  });
});
