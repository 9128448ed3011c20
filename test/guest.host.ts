import { Logger } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Role, UsersService, describeAstra } from '../src/index.js';
import { GuestHost, HOST_ORIGIN, type Platform } from './support/guest-host.js';
import { NotesController } from './support/guest-host.notes.js';
import type { Tokens } from './support/test-service.js';

const platforms: Platform[] = ['fastify', 'express'];
const password = 'Analytical1';

describe.each(platforms)('in a host on %s', (platform) => {
  let host: GuestHost;
  let ada: Tokens;

  beforeAll(async () => {
    host = await GuestHost.start(platform);
    ada = await host.signUp('ada');
  });
  afterAll(() => host.stop());

  describe('Astra', () => {
    it("serves the way from registration to logout, below the host's prefix and version", async () => {
      const account = { username: 'Grace', email: 'grace@example.com', password };
      const registered = await host.ask('POST /auth/register', { body: account });
      expect(registered.status).toBe(201);
      expect(registered.body).toMatchObject({ username: 'Grace', role: 'user', is_active: true });

      const login = await host.ask('POST /auth/login', { body: { username: 'grace@example.com', password } });
      expect(login.status).toBe(200);
      expect(login.body).toMatchObject({ token_type: 'bearer', expires_in: 120 });
      expect(login.headers.get('cache-control')).toBe('no-store');
      const form = new URLSearchParams({ grant_type: 'password', username: 'GRACE', password });
      const byForm = await host.ask<Tokens>('POST /auth/login', { body: form });
      expect(byForm.status).toBe(200);

      const token = byForm.body.access_token;
      const change = await host.ask('PATCH /users/me', { token, body: { full_name: ' Grace Hopper ' } });
      expect(change.body).toMatchObject({ id: registered.body.id, full_name: 'Grace Hopper' });
      expect((await host.ask('GET /users/me', { token })).body).toEqual(change.body);

      expect((await host.ask('POST /auth/logout', { token })).status).toBe(204);
      expect((await host.ask('GET /users/me', { token })).status).toBe(401);
    });

    it("writes to the host's log, and a sentence at a time", async () => {
      const logged: unknown[][] = [];
      const ignore = () => undefined;
      Logger.overrideLogger({ log: ignore, warn: ignore, error: (...line) => logged.push(line) });
      await host.database.query('ALTER TABLE auth_users RENAME COLUMN full_name TO other_name');
      try {
        const { status, body } = await host.ask('POST /auth/register', {
          body: { username: 'canary', email: 'canary@example.com', password },
        });
        expect(status).toBe(500);
        const request = `Request ${body.request_id} failed unexpectedly`;
        expect(logged).toEqual([
          [
            expect.stringMatching(`^${request}: QueryFailedError: column "full_name" .* does not exist$`),
            expect.stringMatching(/^ +at /),
            'ProblemFilter',
          ],
        ]);
        expect(JSON.stringify(logged)).not.toContain('canary');
      } finally {
        await host.database.query('ALTER TABLE auth_users RENAME COLUMN other_name TO full_name');
        Logger.overrideLogger(false);
      }
    });

    it('rotates refresh tokens, and ends the session of one that is used again', async () => {
      const first = await host.signUp('edsger');
      const refresh = (refresh_token: string) =>
        host.ask<Tokens>('POST /auth/refresh', { body: { refresh_token } });
      const second = await refresh(first.refresh_token);
      const third = await refresh(second.body.refresh_token);
      expect([second.status, third.status]).toEqual([200, 200]);

      const replay = await refresh(first.refresh_token);
      expect(replay).toMatchObject({ status: 401, body: { type: '/problems/invalid-refresh-token' } });
      expect((await host.ask('GET /users/me', { token: third.body.access_token })).status).toBe(401);
    });

    it.each([
      ['no token', 401, 'not-authenticated', 'GET /users/me', {}],
      ['a forged token', 401, 'invalid-token', 'GET /users/me', { token: 'for.ged.token' }],
      [
        'a wrong password',
        401,
        'invalid-credentials',
        'POST /auth/login',
        { body: { username: 'ada', password: 'x' } },
      ],
      [
        'a taken name',
        409,
        'username-taken',
        'POST /auth/register',
        { body: { username: 'ADA', email: 'a@b.example', password } },
      ],
      ['an array for a body', 422, 'invalid-input', 'POST /auth/refresh', { body: [] }],
      ['no body', 422, 'invalid-input', 'POST /auth/refresh', {}],
      [
        'an unknown query parameter',
        422,
        'invalid-input',
        'POST /auth/login?x=1',
        { body: { username: 'ada', password } },
      ],
    ])('answers %s with a problem document', async (_, status, code, route, request) => {
      const answer = await host.ask(route, request);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.body).toMatchObject({
        type: `/problems/${code}`,
        status,
        request_id: expect.any(String),
      });
      expect(answer.body.instance).toBe(`/backend/v2${route.replace(/^\w+ |\?.*/g, '')}`);
      expect(answer.headers.get('www-authenticate')?.split(' ')[0]).toBe(
        status === 401 ? 'Bearer' : undefined,
      );
    });

    it("checks its input by its own rules and not by the host's ValidationPipe", async () => {
      const body = { username: 'a', email: null, password, role: 'admin' };
      const { status, body: problem } = await host.ask('POST /auth/register', { body });
      expect(status).toBe(422);
      expect(
        problem.errors.map(({ loc, code }: { loc: string[]; code: string }) => [loc.join('.'), code]),
      ).toEqual([
        ['body.role', 'extra_forbidden'],
        ['body.username', 'string_too_short'],
        ['body.email', 'string_type'],
        ['body.email', 'value_error'],
      ]);
      expect((await host.ask('GET /.well-known/revocations?cursor=x')).body).toMatchObject({
        status: 422,
        errors: [{ loc: ['query', 'cursor'] }],
      });
      expect((await host.ask('GET /.well-known/revocations?cursor=1')).status).toBe(200);
      const { access_token: token } = ada;
      expect((await host.ask('DELETE /users/me/sessions/x', { token })).body).toMatchObject({
        status: 422,
        errors: [{ loc: ['path', 'id'] }],
      });
    });

    it("refuses a password by the host's rule, beside its own", async () => {
      const register = (username: string, secret: string) => {
        const account = { username, email: `${username}@example.com`, password: secret };
        return host.ask('POST /auth/register', { body: account });
      };
      const codes = (await register('conrad', 'Hosting')).body.errors.map(
        ({ code }: { code: string }) => code,
      );
      expect(codes).toEqual(['password_too_short', 'password_needs_digit', 'password_names_host']);
      expect((await register('conrad', 'Hosting 2000')).body).toMatchObject({
        status: 422,
        errors: [{ loc: ['body', 'password'], msg: 'A password does not name this house.' }],
      });
      expect((await register('hostess', 'Hosting 2000')).status).toBe(201);

      const body = { current_password: password, new_password: 'Hosting 2000' };
      const change = await host.ask('POST /users/me/password', { token: ada.access_token, body });
      expect(change).toMatchObject({ status: 422, body: { errors: [{ loc: ['body', 'new_password'] }] } });
    });

    it("serves the pages that its mail leads to, below the host's prefix", async () => {
      const page = await host.ask<string>('GET //backend/account/reset-password');
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');

      const typed = await fetch(`${host.origin}/backend/account/?x`, { redirect: 'manual' });
      expect([typed.status, typed.headers.get('location')]).toEqual([308, '../account?x']);

      const [script] = /account\.js\?[^"]+/.exec(page.body) ?? [];
      const file = await host.ask<string>(`GET //backend/account/${script}`);
      expect(file.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      const headers = { 'if-none-match': file.headers.get('etag') ?? '' };
      expect(await host.ask(`GET //backend/account/${script}`, { headers })).toMatchObject({
        status: 304,
        body: '',
      });

      const [, action] = / action="(.*?)"/.exec(page.body) ?? [];
      const { pathname } = new URL(action, `${host.origin}/backend/account/reset-password`);
      expect(await host.ask(`POST /${pathname}`, { body: {} })).toMatchObject({
        status: 422,
        body: { type: '/problems/invalid-input' },
      });
    });

    it('refuses a missing role', async () => {
      const refused = await host.ask('GET /users/admin-dashboard', { token: ada.access_token });
      expect(refused).toMatchObject({ status: 403, body: { type: '/problems/insufficient-role' } });
    });

    it('keeps people apart who ask at the same moment', async () => {
      const people = await Promise.all(['barbara', 'donald', 'frances'].map((name) => host.signUp(name)));
      await host.database.query(
        `UPDATE auth_sessions SET ended_at = now()
          WHERE user_id = (SELECT id FROM auth_users WHERE username = 'barbara')`,
      );
      // The sessions are not remembered yet, so that each waits for the database while the next is asked for.
      const answers = await Promise.all(
        people.map(({ access_token: token }) => host.ask('GET /users/me', { token })),
      );
      expect(answers.map(({ status, body }) => body.username ?? status)).toEqual([401, 'donald', 'frances']);
    });
  });

  describe('the host', () => {
    const ofTheHost = (status: number, message?: string) => ({
      status,
      body: { host: true, status, message: message ?? expect.any(String) },
    });

    it('answers and refuses on its own routes in its own words', async () => {
      expect((await host.ask('GET /notes/open')).body).toEqual({ data: 'for all' });
      expect(await host.ask('GET /notes/host')).toMatchObject(ofTheHost(401, 'Unauthorized'));
      expect(await host.ask('GET /notes/number/x')).toMatchObject(ofTheHost(400));
      expect(await host.ask('GET /notes/broken')).toMatchObject(ofTheHost(500, 'Oh no'));
      expect(await host.ask('GET /nowhere')).toMatchObject(ofTheHost(404, 'Cannot GET /backend/v2/nowhere'));
      // Nest answers below the prefix, the HTTP server elsewhere: Astra is not there, in whatever words.
      expect((await host.ask('GET //users/me')).status).toBe(404);
    });

    it('keeps its own errors and validation on a route that Astra guards', async () => {
      const write = (text: string) =>
        host.ask('POST /notes', { token: ada.access_token, body: { text, more: 1 } });
      const written = await write('kept');
      expect(written).toMatchObject({ status: 201, body: { data: { text: 'kept' } } });
      expect(await write('')).toMatchObject(ofTheHost(400, 'Bad Request Exception'));
      expect(await write('lost')).toMatchObject(ofTheHost(404, 'an error of the host'));
    });

    it("tells Astra's refusals on its own routes in its own words, by their status and with their challenge", async () => {
      const stranger = await host.ask('POST /notes', { body: { text: '' } });
      expect(stranger).toMatchObject(ofTheHost(401, 'Not authenticated'));
      expect(stranger.headers.get('www-authenticate')).toBe('Bearer');

      const forged = await host.ask('GET /diary', { token: 'for.ged.token' });
      expect(forged).toMatchObject(ofTheHost(401, 'Invalid or expired token'));
      expect(forged.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');

      const missing = await host.ask('GET /notes/owner/01a20471-1b80-7789-b4c8-5bb58aed02fd');
      expect(missing).toMatchObject(ofTheHost(404, 'User not found.'));
    });

    it('is guarded by @Roles() alone, and by the role that is in the database', async () => {
      expect(await host.ask('GET /notes/count')).toMatchObject(ofTheHost(401));
      const refused = await host.ask('GET /notes/count', { token: ada.access_token });
      expect(refused).toMatchObject(
        ofTheHost(403, 'Operation requires one of the following roles: moderator, admin'),
      );
      expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');

      const users = host.get(UsersService);
      const user = await users.findByLogin('ada');
      await users.update(user!.id, { role: Role.Moderator });
      expect((await host.ask('GET /notes/count', { token: ada.access_token })).status).toBe(200);
    });

    it('opens a route of a controller that Astra guards, by @Public()', async () => {
      expect((await host.ask('GET /diary/cover')).body).toEqual({ data: 'for all' });
      expect((await host.ask('GET /diary', { token: ada.access_token })).body).toEqual({
        data: { username: 'ada', userOfTheHost: null },
      });
    });

    it('has routes that anyone may call, and that know who is signed in', async () => {
      const greet = (token?: string) => host.ask('GET /notes/greeting', { token });
      expect((await greet()).body).toEqual({ data: 'Hello, stranger' });
      expect((await greet(ada.access_token)).body).toEqual({ data: 'Hello, ada' });
      const refused = await greet('for.ged.token');
      expect(refused).toMatchObject(ofTheHost(401, 'Invalid or expired token'));
      expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    });

    it('has problem documents on a route of its own where it binds ProblemFilter', async () => {
      const refused = await host.ask('GET /diary/key');
      expect(refused).toMatchObject({ status: 401, body: { type: '/problems/not-authenticated' } });
    });

    it('finds its own user, and no other, where its own guards put it', async () => {
      const token = host.hostToken('Konrad');
      expect((await host.ask('GET /notes/host', { token })).body).toEqual({ data: { name: 'Konrad' } });
      // @CurrentUser() does not take a user of the host for one of Astra.
      expect(await host.ask('GET /notes/confused', { token })).toMatchObject(ofTheHost(401));
    });

    it.each([
      ['broken JSON', 400, { body: '{', headers: { 'content-type': 'application/json' } }],
      ['a body beyond its limit', 413, { body: { username: 'x'.repeat(5000), password } }],
    ])(
      'answers %s itself: its body parser comes before all routes, also ours',
      async (_, status, request) => {
        expect(await host.ask('POST /auth/login', request)).toMatchObject(ofTheHost(status));
      },
    );

    it('answers a content type that its body parser does not know, or leaves it to Astra', async () => {
      const request = { body: 'username=ada', headers: { 'content-type': 'text/csv' } };
      expect(await host.ask('POST /auth/login', request)).toMatchObject(
        platform === 'fastify'
          ? ofTheHost(415)
          : { status: 415, body: { type: '/problems/unsupported-media-type' } },
      );
      const form = await host.ask('POST /auth/register', {
        body: new URLSearchParams({ username: 'x' }),
      });
      expect(form).toMatchObject({ status: 415, body: { type: '/problems/unsupported-media-type' } });
    });

    it('keeps its header fields and CORS, and gets none on top', async () => {
      const headers = { origin: HOST_ORIGIN };
      for (const route of ['GET /notes/open', 'GET /users/me']) {
        const answer = await host.ask(route, { headers });
        expect(answer.headers.get('content-security-policy')).toBe("default-src 'self'");
        expect(answer.headers.get('x-host')).toBe('yes');
        expect(answer.headers.get('access-control-allow-origin')).toBe(HOST_ORIGIN);
      }
      const untouched = [...(await host.ask('GET /notes/open')).headers.keys()];
      expect(untouched).not.toContain('cache-control');
      expect(untouched).not.toContain('x-request-id');
    });

    it('has no guard, pipe, filter or interceptor for all routes but its own, and no global module of ours', () => {
      const config = Reflect.get(host.app, 'config') as ApplicationConfig;
      const names = (all: object[]) => all.map(({ constructor }) => constructor.name);
      expect(names(config.getGlobalGuards())).toEqual(['HostGuard']);
      expect(names(config.getGlobalPipes())).toEqual(['ValidationPipe']);
      expect(names(config.getGlobalFilters())).toEqual(['HostFilter']);
      expect(names(config.getGlobalInterceptors())).toEqual(['HostInterceptor']);

      const modules = [...host.app.get(ModulesContainer).values()];
      expect(modules.filter(({ isGlobal }) => isGlobal).map(({ name }) => name)).toEqual([
        'InternalCoreModule',
        'TypeOrmCoreModule',
      ]);
    });

    it('shares the one UsersService with Astra', () => {
      expect(host.get(NotesController).users).toBe(host.get(UsersService));
      const modules = [...host.app.get(ModulesContainer).values()];
      expect(modules.filter(({ providers }) => providers.has(UsersService))).toHaveLength(1);
    });

    it("describes Astra's routes and its own guarded ones in its own OpenAPI document", () => {
      const { paths } = SwaggerModule.createDocument(host.app, new DocumentBuilder().build());
      const json = { schema: { $ref: '#/components/schemas/AstraRegister' } };
      expect(paths['/backend/v2/auth/register'].post?.requestBody).toMatchObject({
        content: { 'application/json': json },
      });
      expect(paths['/backend/v2/notes'].post?.security).toEqual([{ astra: [] }]);
      expect(paths['/backend/v2/notes/greeting'].get?.security).toEqual([{ astra: [] }, {}]);
    });

    it('has names of its own for schemas and operations in any document, and tells what its options decide', () => {
      const document = SwaggerModule.createDocument(host.app, new DocumentBuilder().build(), {
        operationIdFactory: (controller, method) => `host_${controller}_${method}`,
      });
      const { paths, components } = describeAstra(host.app, document);
      for (const [path, item] of Object.entries(paths))
        for (const { operationId } of Object.values(item) as { operationId: string }[]) {
          const isAstra = /^\/backend\/v2\/(auth|users|admin|\.well-known)\b/.test(path);
          const pattern = isAstra ? /^(?!host)[a-z]+(_[a-z]+)+$/ : /^host_/;
          expect([path, operationId]).toEqual([path, expect.stringMatching(pattern)]);
        }
      const schemas = Object.keys(components?.schemas ?? {}).filter(
        (name) => !['NoteDto', 'ProfileDto'].includes(name),
      );
      expect(schemas.filter((name) => !name.startsWith('Astra'))).toEqual([]);
      expect(components?.schemas?.AstraRole).toMatchObject({ enum: expect.arrayContaining(['editor']) });
      expect(Object.keys(paths['/backend/v2/auth/register'].post!.responses)).not.toContain('202');
    });

    it('has in its document how forms are refused, and the tags that it chooses; other documents stay as they are', () => {
      const create = () => SwaggerModule.createDocument(host.app, new DocumentBuilder().build());
      const { paths, components } = describeAstra(host.app, create(), { tags: { Auth: 'Accounts' } });
      const login = paths['/backend/v2/auth/login'].post!;
      expect(login.tags).toEqual(['Accounts']);
      expect(paths['/backend/v2/users/me'].get!.tags).toEqual(['Users']);
      expect(login.responses['401']).toMatchObject({
        content: {
          'application/problem+json': {},
          'application/json': { schema: { $ref: '#/components/schemas/AstraRefusedForm' } },
        },
      });
      expect(components?.schemas?.AstraRefusedForm).toMatchObject({
        required: expect.arrayContaining(['error', 'error_description', 'type', 'detail']),
      });
      const other = create().paths['/backend/v2/auth/login'].post!;
      expect(other.tags).toEqual(['Auth']);
      expect(JSON.stringify(other)).not.toContain('AstraRefusedForm');
    });

    it('keeps its tables beside ours, in one history of migrations, with nothing left to change', async () => {
      const db = host.get(DataSource);
      expect(await db.showMigrations()).toBe(false);
      expect((await db.driver.createSchemaBuilder().log()).upQueries).toEqual([]);

      const { access_token: token } = await host.signUp('alan');
      await host.ask('POST /notes', { token, body: { text: 'of a user who goes' } });
      await host.database.query(`DELETE FROM auth_users WHERE username = 'alan'`);
      expect(await host.database.query(`SELECT 1 FROM notes WHERE text = 'of a user who goes'`)).toEqual([]);
    });
  });
});
