import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { previousCode, totpCode } from './support/authenticator.js';
import { canaries, foundIn, mark, MarkingClient, newPassword } from './support/canaries.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { eventually } from './support/eventually.js';
import { Program } from './support/program.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { TestDatabase } from './support/test-database.js';
import { TraceCollector } from './support/trace-collector.js';

/** Refuses everything, and repeats it, as Redis does of commands that it does not know. */
async function startEchoingRedis(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const words = data.toString().split('\r\n');
      socket.write(`-ERR unknown command, with args beginning with: ${words.join(' ')}\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

it('a canary is found in whatever it is wrapped', () => {
  canaries.set('test', 'Kanari7?>0123');
  for (const wrapped of [
    'xKanari7?>0123x',
    encodeURIComponent('Kanari7?>0123'),
    ...['', 'a', 'ab'].map((start) => Buffer.from(`${start}Kanari7?>0123 and more`).toString('base64')),
    Buffer.from('\0user\0Kanari7?>0123').toString('base64url'),
  ])
    expect([wrapped, foundIn(`"${wrapped}"`)]).toEqual([wrapped, ['test']]);
  canaries.clear();
  expect(foundIn('Kanari7?>0123')).toEqual([]);
  canaries.set('code', '123456');
  for (const [text, found] of [
    ['{"totp_code":"123456"}', ['code']],
    ['totp_code=123456', ['code']],
    ['0199f3a4-6f0e-7c61-9d5e-123456a4b2d1 1234567 0.123456', []],
  ] as const)
    expect([text, foundIn(text)]).toEqual([text, found]);
  canaries.clear();
});

describe.each(['production', 'development'])('in %s, at the most talkative level', (NODE_ENV) => {
  let database: TestDatabase;
  let proxy: CuttableProxy;
  let smtp: TestSmtpServer;
  let redis: Server;
  let collector: TraceCollector;
  let folder: string;
  let program: Program;
  let adminPassword: string;

  beforeAll(async () => {
    canaries.clear();
    database = await TestDatabase.create();
    proxy = await CuttableProxy.to(database.connection);
    smtp = await TestSmtpServer.start();
    redis = await startEchoingRedis();
    collector = await TraceCollector.start();
    // Refuses the first spans, and repeats what it does not like.
    collector.answer = (response) => {
      collector.answer = (later) => later.writeHead(200).end();
      const { authorization } = collector.requests[0].headers;
      response.writeHead(401, { 'content-type': 'text/plain' }).end(`${authorization} is wrong`);
    };
    folder = await mkdtemp(join(tmpdir(), 'astra-canaries-'));
    const { username, password = '', database: name } = database.serviceConnection;
    const { port } = proxy.address;
    const { port: redisPort } = redis.address() as AddressInfo;
    adminPassword = newPassword();
    program = Program.start('main.ts', [], {
      NODE_ENV,
      LOG_LEVEL: 'trace',
      DATA_DIR: folder,
      HOST: '127.0.0.1',
      PORT: '0',
      PUBLIC_URL: 'https://accounts.example',
      SECRET_KEY: mark('SECRET_KEY', randomBytes(32).toString('base64')),
      DATABASE_URL: `postgres://${username}:${mark('password of the database', password)}@127.0.0.1:${port}/${name}`,
      SMTP_URL: smtp.url.replace('//', `//mailer:${newPassword()}@`),
      REDIS_URL: `redis://limiter:${newPassword()}@127.0.0.1:${redisPort}`,
      ADMIN_USERNAME: 'root',
      ADMIN_EMAIL: 'root@example.com',
      ADMIN_PASSWORD: adminPassword,
      SIGN_IN_METHODS: 'password,passkey,email-code',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${newPassword()}`,
      ...{ WEBHOOKS: 'on', WEBHOOK_ALLOW: '127.0.0.1', WEBHOOK_PORTS: String(redisPort) },
    });
  });
  afterAll(async () => {
    program.interrupt();
    await program.exit;
    await smtp.stop();
    redis.close();
    await collector.stop();
    proxy.restore();
    await proxy.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  /** Waits for the message to an address whose link leads there, and takes the token from it. */
  async function tokenFor(address: string, page: string): Promise<string> {
    return eventually(async () => {
      const texts = smtp.received
        .filter(({ recipients }) => recipients[0] === address)
        .map(({ text = '' }) => text);
      const link = new RegExp(`/account/${page}#token=(\\S+)`);
      const [, token] = link.exec(texts.findLast((text) => link.test(text)) ?? '') ?? [];
      if (!token) throw new Error(`No link to ${page} came for ${address}:\n${program.output}`);
      return mark('token in a mail', token);
    }, 20_000);
  }

  async function everythingThatCanHappen(client: MarkingClient): Promise<void> {
    // The mail server refuses the password, and repeats it.
    smtp.behave = (command, about) =>
      command === 'AUTH'
        ? { code: 535, text: `5.7.8 Error: authentication failed: AUTH PLAIN ${about}` }
        : 'accept';
    const ada = { username: 'ada', email: 'ada@example.com', password: newPassword() };
    expect((await client.post('/auth/register', ada)).status).toBe(201);
    await eventually(async () => expect(program.output).toContain('The mail server is unavailable'), 20_000);
    smtp.behave = () => 'accept';
    const { email: _, ...credentials } = ada;

    // Every way of signing in, and of failing at it.
    let { access_token, refresh_token } = await client.post('/auth/login', credentials);
    await client.send('POST', '/api/v1/auth/login', new URLSearchParams(credentials));
    for (const username of ['ada', 'nobody', newPassword()])
      expect((await client.post('/auth/login', { username, password: newPassword() })).status).toBe(401);
    await client.post('/auth/login', { password: newPassword() });
    await client.post('/auth/login', { ...ada, extra: newPassword() });
    await client.post('/auth/register', { ...ada, password: newPassword().toLowerCase() });
    await client.send('POST', '/api/v1/auth/login', `{"password": "${newPassword()}"`, {
      'content-type': 'application/json',
    });
    await client.send('POST', '/api/v1/auth/login', newPassword(), { 'content-type': 'text/plain' });

    // Secrets where none belong.
    const headers = { authorization: `Bearer ${newPassword()}`, cookie: `session=${newPassword()}` };
    await client.send('GET', `/api/v1/users/me?access_token=${newPassword()}`, undefined, headers);
    await client.send('GET', `/${newPassword()}/${newPassword()}?x=${newPassword()}`, undefined, headers);
    await client.send('GET', `/api/v1/%zz${newPassword()}`);
    const trace = {
      traceparent: newPassword(),
      tracestate: `a=${newPassword()}`,
      baggage: `a=${newPassword()}`,
    };
    await client.send('GET', '/api/v1/users/me', undefined, trace);
    await client.send('DELETE', `/api/v1/users/me/sessions/${newPassword()}`, undefined, {
      authorization: `Bearer ${access_token}`,
    });

    // Tokens: refreshed, replayed, forged.
    const next = await client.post('/auth/refresh', { refresh_token });
    await client.post('/auth/refresh', { refresh_token: next.refresh_token });
    await client.post('/auth/refresh', { refresh_token });
    await client.post('/auth/refresh', { refresh_token: newPassword() });
    await client.post('/auth/revoke', { token: next.refresh_token });
    await client.send('GET', '/api/v1/users/me', undefined, { authorization: `Bearer ${access_token}x` });

    // By mail. A server may repeat what it does not like.
    await client.post('/auth/verify-email', { token: await tokenFor(ada.email, 'verify-email') });
    const link = `https://accounts.example/account/reset-password#token=${mark('repeated link', randomBytes(32).toString('base64url'))}`;
    smtp.behave = (command) =>
      command === 'DATA' ? { code: 554, text: `5.7.1 contains listed URL ${link}` } : 'accept';
    await client.post('/auth/password/forgot', { email: 'root@example.com' });
    await eventually(async () => expect(program.output).toContain('was given up'), 20_000);
    smtp.behave = () => 'accept';
    await client.post('/auth/password/forgot', { email: ada.email });
    const reset = { token: await tokenFor(ada.email, 'reset-password'), new_password: newPassword() };
    expect((await client.post('/auth/password/reset', reset)).status).toBe(204);
    expect((await client.post('/auth/password/reset', reset)).status).toBe(400);
    ({ access_token, refresh_token } = await client.post('/auth/login', {
      username: 'ada',
      password: reset.new_password,
    }));
    const change = { new_email: 'lovelace@example.com', current_password: reset.new_password };
    expect((await client.post('/users/me/email', change, access_token)).status).toBe(202);
    await client.post('/users/me/email', { ...change, current_password: newPassword() }, access_token);
    await client.post('/auth/email/confirm', { token: await tokenFor(change.new_email, 'confirm-email') });
    const changed = { current_password: reset.new_password, new_password: newPassword() };
    expect((await client.post('/users/me/password', changed, access_token)).status).toBe(204);

    // As the administrator.
    const root = { username: 'root', password: adminPassword };
    const { access_token: admin } = await client.post('/auth/login', root);
    expect(admin).toBeDefined();
    const grace = { username: 'grace', email: 'grace@example.com', password: newPassword() };
    expect((await client.post('/admin/users', grace, admin)).status).toBe(201);
    await client.post('/admin/users', { username: 'mary', email: 'mary@example.com' }, admin);
    await tokenFor('mary@example.com', 'reset-password');
    expect((await client.post('/admin/users', grace, access_token)).status).toBe(403);

    // An API key, where it belongs and where it does not.
    const { access_token: signedIn } = await client.post('/auth/login', {
      ...{ username: 'ada', password: changed.new_password },
    });
    const created = await client.post(
      '/users/me/api-keys',
      { name: 'Export', scopes: ['profile:read'] },
      signedIn,
    );
    const apiKey = mark('API key', created.token);
    const places: Record<string, string>[] = [
      { authorization: `Bearer ${apiKey}` },
      { 'x-api-key': apiKey },
      { authorization: `Bearer ${apiKey}`, 'x-api-key': apiKey },
      { authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}` },
      { 'x-api-key': `${apiKey}x` },
    ];
    for (const fields of places)
      await client.send('GET', `/api/v1/users/me?api_key=${apiKey}`, undefined, fields);
    await client.send('GET', '/api/v1/users/me/sessions', undefined, { 'x-api-key': apiKey });
    await client.post('/auth/revoke', { token: apiKey });

    // A webhook, whose endpoint is no web server; a new secret for it.
    const webhook = {
      url: `https://127.0.0.1:${(redis.address() as AddressInfo).port}/`,
      types: ['*'],
      data: 'full',
    };
    const hook = await client.post('/admin/webhooks', webhook, admin);
    expect([hook.status, hook.secret]).toEqual([201, expect.stringMatching(/^whsec_/)]);
    const rotated = await client.post(`/admin/webhooks/${hook.id}/secret`, { overlap_hours: 1 }, admin);
    expect(rotated.status).toBe(200);
    for (const body of [
      { secret: rotated.secret },
      { ...webhook, secret: newPassword() },
      { ...webhook, url: `https://ada:${newPassword()}@hooks.example.com/` },
    ])
      expect((await client.post('/admin/webhooks', body, admin)).status).toBe(422);
    expect((await client.post(`/admin/webhooks/${hook.id}/test`, {}, admin)).status).toBe(202);
    await eventually(async () => {
      const tried = await database.query(
        `SELECT 1 FROM auth_webhook_deliveries WHERE last_error = 'unreachable'`,
      );
      expect(tried).not.toEqual([]);
    }, 20_000);

    // A code by email: asked for, typed wrongly, in the wrong field, with the wrong token, and rightly.
    const asked = await client.post('/auth/email-code', { email: change.new_email });
    const typed = await eventually(async () => {
      const { text = '' } = smtp.received.findLast(({ subject }) => subject === 'Your code for Astra') ?? {};
      const [found] = /\b\d{4} \d{4}\b/.exec(text) ?? [];
      if (!found) throw new Error(`No code came:\n${program.output}`);
      return found;
    }, 20_000);
    mark('code by email', typed);
    const email_code = mark('code by email without its blank', typed.replace(' ', ''));
    for (const body of [
      { email_code: '00000000' },
      { totp_code: email_code },
      { recovery_code: email_code },
      { email_code, sign_in_token: newPassword() },
      { email_code, totp_code: '123456' },
    ])
      await client.post('/auth/login/continue', { sign_in_token: asked.sign_in_token, ...body });
    const { sign_in_token: ofCode } = asked;
    expect((await client.post('/auth/login/continue', { sign_in_token: ofCode, email_code })).status).toBe(
      200,
    );

    // A second factor: added, given wrongly and rightly, in the wrong fields, and where no sign-in waits.
    const current = { username: 'ada', password: changed.new_password };
    const setup = await client.post('/users/me/factors/totp', {}, access_token);
    const code = (steps: number) => mark('code of an app', totpCode(setup.secret, steps));
    const confirmation = {
      id: setup.id,
      totp_code: mark('code of an app', await previousCode(setup.secret)),
    };
    const added = await client.post('/users/me/factors/totp/confirm', confirmation, access_token);
    expect(added.recovery_codes).toHaveLength(10);
    const { sign_in_token } = await client.post('/auth/login', current);
    for (const proof of [
      { totp_code: mark('wrong code of an app', String(randomInt(100_000, 1_000_000))) },
      { totp_code: newPassword() },
      { recovery_code: newPassword() },
      { recovery_code: added.recovery_codes[0], totp_code: newPassword() },
      { recovery_code: added.recovery_codes[0], extra: newPassword() },
    ])
      await client.post('/auth/login/continue', { sign_in_token, ...proof });
    await client.post('/auth/login/continue', { sign_in_token: newPassword(), totp_code: code(1) });
    await client.post('/auth/login/enrol', { sign_in_token, type: newPassword() });
    const proof = { sign_in_token, recovery_code: added.recovery_codes[0] };
    const continued = await client.post('/auth/login/continue', proof);
    expect(continued.status).toBe(200);
    await client.post('/auth/login/continue', proof);
    await client.post('/users/me/reauthenticate', { totp_code: code(0) }, continued.access_token);
    await client.post('/users/me/reauthenticate', { password: newPassword() }, continued.access_token);
    expect((await client.post('/users/me/recovery-codes', {}, continued.access_token)).status).toBe(200);
    await client.send('POST', '/api/v1/auth/login', new URLSearchParams(current));

    // A mistake in the code, with a password's hash among the parameters of the query.
    await database.query('ALTER TABLE auth_users RENAME COLUMN full_name TO other_name');
    const broken = await client.post('/auth/register', { ...ada, username: 'eve', email: 'eve@example.com' });
    expect(broken.status).toBe(500);
    await database.query('ALTER TABLE auth_users RENAME COLUMN other_name TO full_name');

    // The database away.
    proxy.cut();
    await eventually(async () => {
      const { status } = await client.post('/auth/login', { username: 'ada', password: newPassword() });
      expect(status).toBe(503);
    }, 10_000);
    await client.post('/auth/refresh', { refresh_token });
    await client.post('/auth/password/reset', { token: newPassword(), new_password: newPassword() });
    proxy.restore();
    await eventually(
      async () => expect((await client.send('GET', '/health/ready')).status).toBe(200),
      10_000,
    );

    // Too many tries.
    for (let i = 0; i < 6; i++)
      await client.post('/auth/login', { username: 'grace', password: newPassword() });
    const again = { username: 'grace', password: grace.password };
    expect((await client.post('/auth/login', again)).status).toBe(429);
  }

  it('no secret is in the log, in a trace, nor anywhere in the database', async () => {
    const url = await program.says(/(http:\/\/127\.0\.0\.1:\d+)/);
    await everythingThatCanHappen(new MarkingClient(url));

    for (const happened of [
      'Redis is unavailable, so each process counts on its own: it rejected the user or the password',
      'The mail server is unavailable, so messages wait: it rejected the user or the password (535)',
      'listed URL https://accounts.example',
      'failed unexpectedly: QueryFailedError',
      'Not receiving change notifications',
      'Traces are lost: the collector did not accept them (401)',
      ...[200, 201, 202, 204, 400, 401, 403, 404, 415, 422, 429, 500, 503].map((status) =>
        NODE_ENV === 'production' ? `"status":${status},` : ` ${status} `,
      ),
    ])
      // The last lines may still be on their way here.
      await eventually(async () => expect(program.output).toContain(happened), 10_000);
    const { output } = program;
    expect(foundIn(output)).toEqual([]);
    // Spans are sent a few seconds later.
    await eventually(async () => {
      expect(collector.spans.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          ...['POST /api/v1/auth/login', 'INSERT auth_users', 'process mail', 'SMTP send', 'process webhook'],
        ]),
      );
    }, 15_000);
    expect(foundIn(Buffer.concat(collector.bodies).toString('latin1'))).toEqual([]);
    // Each line is an event; what begins none is a place of an error.
    for (const line of output.trimEnd().split('\n')) {
      if (NODE_ENV === 'production') expect(JSON.parse(line)).toMatchObject({ time: expect.any(String) });
      else
        expect(line).toMatch(
          /^(\d\d:\d\d:\d\d\.\d{3} [A-Z]{4,5} |Astra |Created |Applied | +(at|API|Console|Docs|Traces|Mail|Database) )/,
        );
    }

    const tables = await database.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_schema IN ('public', 'astra_jobs') AND table_type = 'BASE TABLE'`,
    );
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['public.auth_audit_events', 'public.auth_users', 'astra_jobs.job']),
    );
    for (const { name } of tables) {
      const rows = await database.query(`SELECT t::text FROM ${name} t`);
      expect([name, foundIn(JSON.stringify(rows))]).toEqual([name, []]);
    }
    console.log(
      `${canaries.size} secrets, in ${output.split('\n').length} lines, ${collector.spans.length} spans and ${tables.length} tables`,
    );
  });
});
