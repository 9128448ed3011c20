import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { addAstraRoles, type RoleName, type RolesOption, UsersService } from '../src/index.js';
import { eventually } from './support/eventually.js';
import { GuestHost } from './support/guest-host.js';
import { hostRoles } from './support/guest-host.invoices.js';

describe("a host's own roles and permissions", () => {
  let host: GuestHost;
  let users: UsersService;
  /** The token of somebody of that role, by their name. */
  const tokens: Record<string, string> = {};

  const someone = async (username: string, role: RoleName) => {
    tokens[username] = (await host.signUp(username)).access_token;
    const user = await users.findByLogin(username);
    if (role !== 'user') await users.update(user!.id, { role });
    return user!.id;
  };

  beforeAll(async () => {
    host = await GuestHost.start('fastify');
    users = host.get(UsersService);
    await someone('root', 'admin');
    await someone('mod', 'moderator');
  });
  afterAll(() => host.stop());

  it('let in whose role permits it, from the moment that an administrator gives the role', async () => {
    const id = await someone('ada', 'user');
    const asAda = { token: tokens.ada };
    expect((await host.ask('GET /invoices', asAda)).body).toEqual({ data: ['invoice:read'] });
    const refused = await host.ask('POST /invoices', asAda);
    expect(refused).toMatchObject({
      status: 403,
      body: { message: 'Operation requires the permission: invoice:read, invoice:write' },
    });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');
    expect((await host.ask('GET /invoices/desk', asAda)).status).toBe(403);
    expect((await host.ask('POST /invoices')).status).toBe(401);

    const promotion = { token: tokens.root, body: { role: 'editor' } };
    const promoted = await host.ask(`PATCH /admin/users/${id}`, promotion);
    expect(promoted).toMatchObject({ status: 200, body: { username: 'ada', role: 'editor' } });
    expect((await host.ask('POST /invoices', asAda)).status).toBe(201);
    expect((await host.ask('GET /invoices/desk', asAda)).status).toBe(200);
    expect((await host.ask('GET /users/me', asAda)).body.role).toBe('editor');
    expect((await host.ask('GET /users/moderator-panel', asAda)).status).toBe(403);

    const listed = await host.ask('GET /admin/users?role=editor', { token: tokens.root });
    expect(listed.body.items).toMatchObject([{ username: 'ada' }]);
    // For a moderator, whoever has a role of the host is no plain user.
    const demotion = { token: tokens.mod, body: { is_active: false } };
    expect((await host.ask(`PATCH /admin/users/${id}`, demotion)).status).toBe(403);
  });

  it('are in the audit trail when somebody lacks them', async () => {
    const id = await someone('grace', 'moderator');
    expect((await host.ask('GET /invoices', { token: tokens.grace })).status).toBe(403);
    await eventually(async () => {
      const events = await host.database.query(
        `SELECT data FROM auth_audit_events WHERE user_id = $1 AND type = 'authz_fail'`,
        [id],
      );
      expect(events).toEqual([
        { data: { operation: 'InvoicesController.list', role: 'moderator', needed: ['invoice:read'] } },
      ]);
    });
  });

  it.each([
    ['PATCH', 'body'],
    ['POST', 'body'],
    ['GET', 'query'],
  ])('are the only ones that %s of the administration takes', async (method, part) => {
    const id = await users.findByLogin('root').then((user) => user!.id);
    const path = { PATCH: `/${id}`, POST: '', GET: '?role=emperor' }[method];
    const body = {
      PATCH: { role: 'emperor' },
      POST: { username: 'x-y', email: 'x@y.example', role: 'emperor' },
    }[method];
    expect(
      (await host.ask(`${method} /admin/users${path}`, { token: tokens.root, body })).body,
    ).toMatchObject({
      status: 422,
      errors: [
        {
          loc: [part, 'role'],
          code: 'enum',
          msg: 'The role must be one of: admin, moderator, user, editor.',
        },
      ],
    });
  });

  it('are for the database to allow, also where code of the host gives them', async () => {
    const id = await someone('edsger', 'user');
    await expect(users.update(id, { role: 'emperor' as 'editor' })).rejects.toThrow('auth_users_role_check');
    expect((await users.get(id)).role).toBe('user');
  });

  it('stop the start while the database does not allow them', async () => {
    const roles = { ...hostRoles, emperor: [] } as RolesOption;
    const auth = { secretKey: 'a secret key that the host has configured', roles };
    await expect(GuestHost.start('fastify', { auth, on: host.database })).rejects.toThrow(
      'The database does not allow the role emperor. Call allowRoles() in a migration, and run it',
    );
  });

  it('are in the OpenAPI document of the host', () => {
    const document = SwaggerModule.createDocument(host.app, new DocumentBuilder().build());
    expect(addAstraRoles(document, hostRoles).components?.schemas?.AstraRole).toEqual({
      type: 'string',
      enum: ['admin', 'moderator', 'user', 'editor'],
    });
  });
});
