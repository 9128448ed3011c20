import { validate, version } from 'uuid';
import { eventually } from './support/eventually.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { ada, TestService } from './support/test-service.js';

interface Line {
  request_id?: string;
  server_request_id?: string;
  route?: string;
  context?: string;
  job?: string;
}

const printed: string[] = [];
let smtp: TestSmtpServer;
let service: TestService;
beforeAll(async () => {
  smtp = await TestSmtpServer.start();
  service = await TestService.start({
    print: (line) => printed.push(line),
    mail: {
      smtpUrl: smtp.url,
      smtpTls: undefined,
      from: 'no-reply@astra.example',
      language: 'en',
      color: '#1f4fd8',
    },
  });
  await service.signUp();
});
afterAll(async () => {
  await service.stop();
  await smtp.stop();
});
beforeEach(() => {
  printed.length = 0;
});

const lines = () => printed.map((line) => JSON.parse(line) as Line);

/** Waits for the lines of so many requests: one is printed when the answer is on its way. */
const linesOf = (request_id: string | null, count = 1) =>
  eventually(async () => {
    const found = lines().filter((line) => line.request_id === request_id && line.route);
    expect(found).toHaveLength(count);
    return found;
  }, 5_000);

const signIn = (id?: string, password = ada.password) =>
  service.request('POST', '/auth/login', {
    body: { username: ada.username, password },
    headers: id === undefined ? {} : { 'x-request-id': id },
  });

/** The ids of requests that audit events have, newest first. */
const recorded = async (limit: number) => {
  const events = await service.database.query<{ request_id: string }>(
    'SELECT request_id FROM auth_audit_events ORDER BY id DESC LIMIT $1',
    [limit],
  );
  return events.map(({ request_id }) => request_id);
};

describe("the server's own id of a request", () => {
  it('tells two requests with the same X-Request-Id apart in the log and in the trail', async () => {
    for (let i = 0; i < 2; i++) expect((await signIn('shared')).headers.get('x-request-id')).toBe('shared');
    const ids = (await linesOf('shared', 2)).map((line) => line.server_request_id as string);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(validate(id) && version(id)).toBe(7);
    expect(new Set(await recorded(2))).toEqual(new Set(ids));
  });

  it('is the one that is answered if the client sent none, and is then logged once', async () => {
    const { headers } = await signIn();
    const id = headers.get('x-request-id');
    const [line] = await linesOf(id);
    expect(line).not.toHaveProperty('server_request_id');
    expect(await recorded(1)).toEqual([id]);
  });

  it('of another request cannot be taken by sending it', async () => {
    const victim = (await signIn()).headers.get('x-request-id') as string;
    const forged = await signIn(victim);
    expect(forged.headers.get('x-request-id')).toBe(victim);
    const [first, second] = await linesOf(victim, 2);
    expect(first).not.toHaveProperty('server_request_id');
    expect(second.server_request_id).not.toBe(victim);
    expect(await recorded(2)).toEqual([second.server_request_id, victim]);

    // Neither is the one that the server made instead of a sent id.
    await signIn(second.server_request_id);
    const [third] = await linesOf(second.server_request_id as string);
    expect(await recorded(1)).toEqual([third.server_request_id]);
    expect(third.server_request_id).not.toBe(second.server_request_id);
  });

  it('is in all lines of a request that fails unexpectedly', async () => {
    await service.database.query('ALTER TABLE auth_users RENAME COLUMN full_name TO other_name');
    try {
      const { status, body } = await service.request('POST', '/auth/register', {
        body: { ...ada, username: 'eve', email: 'eve@example.com' },
        headers: { 'x-request-id': 'failing' },
      });
      expect(status).toBe(500);
      expect(body).toMatchObject({ request_id: 'failing' });
      const [{ server_request_id }] = await linesOf('failing');
      expect(server_request_id).toBeTruthy();
      expect(lines().filter((line) => line.context)).toEqual([
        expect.objectContaining({ request_id: 'failing', server_request_id }),
      ]);
    } finally {
      await service.database.query('ALTER TABLE auth_users RENAME COLUMN other_name TO full_name');
    }
  });

  it('goes along with the jobs that the request causes', async () => {
    smtp.behave = () => ({ code: 450, text: 'try later' });
    try {
      await service.request('POST', '/auth/password/forgot', {
        body: { email: ada.email },
        headers: { 'x-request-id': 'with-a-job' },
      });
      const [{ server_request_id }] = await linesOf('with-a-job');
      expect(server_request_id).toBeTruthy();
      await eventually(
        async () =>
          expect(lines()).toContainEqual(
            expect.objectContaining({ job: 'mail', request_id: 'with-a-job', server_request_id }),
          ),
        10_000,
      );
    } finally {
      smtp.behave = () => 'accept';
    }
  });
});
