import { Webhook } from 'standardwebhooks';
import { DELAYS } from '../../src/webhooks/deliveries/retry-schedule.js';
import { DataSource } from 'typeorm';
import { AuthSettings } from '../../src/settings/auth-settings.js';
import { WebhookSecrets } from '../../src/webhooks/endpoints/webhook-secrets.js';
import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/expect-problem.js';
import { SECRET_KEY } from '../support/test-service.js';
import { WebhookAdmin } from '../support/webhook-admin.js';

let hooks: WebhookAdmin;
beforeAll(async () => {
  hooks = await WebhookAdmin.start();
});
beforeEach(() => hooks.clear());
afterAll(() => hooks.stop());

const query = (sql: string, ...parameters: unknown[]) => hooks.service.database.query<any>(sql, parameters);
const post = (path: string, body?: unknown) =>
  hooks.service.post(`/admin/webhooks${path}`, body, hooks.token);
const waiting = (id: string) =>
  query(
    `SELECT extract(epoch FROM next_attempt_at - now())::float AS seconds
  FROM auth_webhook_deliveries WHERE webhook_id = $1`,
    id,
  );

describe('deliveries', () => {
  it('are signed by Standard Webhooks, with both secrets while one replaces the other', async () => {
    const { id, secret } = await hooks.add();
    await hooks.ping(id);
    expect(await hooks.tried(id, 1)).toMatchObject({
      status: 'delivered',
      last_status: 204,
      last_error: null,
    });
    const [{ headers, body }] = hooks.receiver.received;
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
      ...{ type: 'ping', timestamp: expect.stringMatching(/^\d{4}-.*Z$/), data: {} },
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Astra-Webhooks/1' });

    const second = (await post(`/${id}/secret`, { overlap_hours: 1 })).body.secret as string;
    await hooks.ping(id);
    await hooks.tried(id, 1);
    const { body: later, headers: signed } = hooks.receiver.received[1];
    for (const one of [secret, second])
      expect(new Webhook(one).verify(later, signed as Record<string, string>)).toMatchObject({
        type: 'ping',
      });

    await query(`UPDATE auth_webhooks SET previous_secret_until = now()`);
    await hooks.ping(id);
    await hooks.tried(id, 1);
    const last = hooks.receiver.received[2];
    expect(String(last.headers['webhook-signature'])).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(() => new Webhook(secret).verify(last.body, last.headers as Record<string, string>)).toThrow(
      'No matching signature',
    );
  });

  it('are tried ten times by the schedule, under the same id, and then fail', async () => {
    hooks.receiver.respond = (response) => void response.writeHead(503).end('away');
    const { id } = await hooks.add();
    await hooks.ping(id);
    for (let tries = 1; tries < 10; tries++) {
      const delivery = await hooks.tried(id, tries);
      expect(delivery).toMatchObject({ status: 'pending', last_status: 503, last_error: 'status' });
      const [{ seconds }] = await waiting(id);
      // The time that the test itself takes is not in it.
      expect(seconds).toBeGreaterThan(DELAYS[tries] * 0.8 - 5);
      expect(seconds).toBeLessThanOrEqual(DELAYS[tries] * 1.2);
      await hooks.moveClock();
    }
    expect(await hooks.tried(id, 10)).toMatchObject({ status: 'failed', next_attempt_at: null });
    expect(hooks.receiver.received).toHaveLength(10);
    expect(new Set(hooks.receiver.events.map((event) => event.id)).size).toBe(1);
    expect((await hooks.show(id)).failing_since).not.toBeNull();

    // An admin has it sent again, once the receiver works.
    hooks.receiver.respond = (response) => void response.writeHead(200).end('ok');
    const [delivery] = await hooks.deliveries(id);
    expect((await post(`/${id}/deliveries/${delivery.id}/retry`)).status).toBe(202);
    expect(await hooks.tried(id, 11)).toMatchObject({ status: 'delivered', last_status: 200 });
    expect(new Set(hooks.receiver.events.map((event) => event.id)).size).toBe(1);
    expect((await hooks.show(id)).failing_since).toBeNull();
  });

  it.each([
    ['3600', 3_600],
    [String(9 * 24 * 3_600), 24 * 3_600],
    [new Date(Date.now() + 7_200_000).toUTCString(), 7_200],
    ['9'.repeat(400), 24 * 3_600],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 24 * 3_600],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 5],
    ['Sun, 99 Nov 2026 08:49:37 GMT', 5],
    ['soon', 5],
    ['1', 5],
    ['0', 5],
    ['-3600', 5],
    ['1e5', 5],
    ['5 may 2099', 5],
    ['2099', 2_099],
    ['12/31/2099', 5],
  ])('wait as long as the endpoint asks for with Retry-After: %s', async (header, expected) => {
    hooks.receiver.respond = (response) => void response.writeHead(429, { 'Retry-After': header }).end();
    const { id } = await hooks.add();
    await hooks.ping(id);
    await hooks.tried(id, 1);
    const [{ seconds }] = await waiting(id);
    expect(seconds).toBeGreaterThan(expected * 0.8 - 30);
    expect(seconds).toBeLessThanOrEqual(expected * 1.2);
  });

  it('disable a webhook whose endpoint is gone, at once, and tell the admins', async () => {
    hooks.receiver.respond = (response) => void response.writeHead(410).end();
    const { id } = await hooks.add();
    await hooks.ping(id);
    expect(await hooks.tried(id, 1)).toMatchObject({ status: 'failed', last_status: 410 });
    expect(await hooks.show(id)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
    const mail = await hooks.app.mail('webhook-disabled', 'root@example.com');
    expect(mail.text).toContain('127.0.0.2:');
    expect(mail.text).not.toContain('/astra');

    const [delivery] = await hooks.deliveries(id);
    expectProblem(await post(`/${id}/test`), 409, 'webhook-disabled');
    expectProblem(await post(`/${id}/deliveries/${delivery.id}/retry`), 409, 'webhook-disabled');
  });

  it('disable a webhook that fails for five days, and not before', async () => {
    hooks.receiver.respond = (response) => void response.writeHead(500).end();
    const { id } = await hooks.add();
    const failAfter = async (since: string) => {
      await query(`UPDATE auth_webhooks SET failing_since = now() - $1::interval`, since);
      await hooks.ping(id);
      await hooks.tried(id, 1);
      return hooks.show(id);
    };
    expect(await failAfter('4 days 23 hours')).toMatchObject({ enabled: true, disabled_reason: null });
    expect(await failAfter('5 days 1 minute')).toMatchObject({ enabled: false, disabled_reason: 'failing' });
    await hooks.app.mail('webhook-disabled', 'root@example.com', 2);
    const trail = (await hooks.service.get('/admin/audit-events?type=webhook_disabled&limit=1', hooks.token))
      .body;
    const data = { webhook: id, host: new URL(hooks.receiver.url).host, reason: 'failing' };
    expect(trail.items).toEqual([expect.objectContaining({ actor_id: null, data })]);

    // What is due meanwhile fails; after it was enabled, it starts afresh.
    await hooks.moveClock();
    await eventually(async () => {
      const [last] = await hooks.deliveries(id);
      expect(last).toMatchObject({ status: 'failed', attempts: 2, last_error: 'disabled' });
    }, 10_000);
    await hooks.service.patch(`/admin/webhooks/${id}`, { enabled: true }, hooks.token);
    expect(await hooks.show(id)).toMatchObject({ disabled_reason: null, failing_since: null });
  });

  it('are not sent to a webhook that was deleted', async () => {
    hooks.receiver.respond = (response) => void response.writeHead(503).end();
    const { id } = await hooks.add();
    await hooks.ping(id);
    await hooks.tried(id, 1);
    expect((await hooks.service.delete(`/admin/webhooks/${id}`, hooks.token)).status).toBe(204);
    await hooks.moveClock();
    await hooks.app.settled();
    expect(hooks.receiver.received).toHaveLength(1);
  });

  it('encrypt the secrets of their webhook with the present secret key, so that a previous one can be removed', async () => {
    const { id, secret } = await hooks.add();
    const { secret: second } = (await post(`/${id}/secret`)).body as { secret: string };
    const sealed = () =>
      query('SELECT secret_sealed AS present, previous_secret_sealed AS previous FROM auth_webhooks');
    const before = await sealed();
    const next = 'another secret key for tests, of enough bytes';
    const rotated = new AuthSettings({ secretKey: next, previousSecretKeys: [SECRET_KEY] });
    const secrets = hooks.service.app.get(WebhookSecrets, { strict: false });
    const { db } = secrets as unknown as { db: DataSource };
    Object.assign(secrets, new WebhookSecrets(rotated, db));
    for (let i = 0; i < 2; i++) {
      await hooks.ping(id);
      expect(await hooks.tried(id, 1)).toMatchObject({ status: 'delivered' });
      const { headers, body } = hooks.receiver.received[i];
      for (const one of [secret, second])
        expect(new Webhook(one).verify(body, headers as Record<string, string>)).toMatchObject({
          type: 'ping',
        });
      // After the first, the previous secret key is not needed any more.
      const alone = new WebhookSecrets(new AuthSettings({ secretKey: next }), db);
      const [{ present, previous }] = await sealed();
      expect([present, previous].map((one) => alone.keyOf(one, id))).toEqual(['present', 'present']);
      Object.assign(secrets, alone);
    }
    // Without the secret key, nothing is sent, and the webhook says why.
    await query('UPDATE auth_webhooks SET secret_sealed = $1', before[0].present);
    await hooks.ping(id);
    expect(await hooks.tried(id, 1)).toMatchObject({ last_status: null, last_error: 'secret_lost' });
    expect(hooks.receiver.received).toHaveLength(2);
    Object.assign(secrets, new WebhookSecrets(new AuthSettings({ secretKey: SECRET_KEY }), db));
  });

  it('go to two at a time for one endpoint, and do not wait for one another otherwise', async () => {
    let active = 0;
    let most = 0;
    const release: (() => void)[] = [];
    hooks.receiver.respond = (response, { body }) => {
      if (!body.includes('ping')) return;
      active++;
      most = Math.max(most, active);
      release.push(() => {
        active--;
        response.writeHead(204).end();
      });
    };
    const slow = await hooks.add();
    for (let i = 0; i < 6; i++) await hooks.ping(slow.id);
    await eventually(() => Promise.resolve(expect(active).toBe(2)), 10_000);
    // What piles up behind a slow endpoint delays neither other endpoints nor messages.
    await query(
      `INSERT INTO astra_jobs.job (name, data, start_after, group_id, policy, keep_until, dead_letter)
       SELECT 'webhook', '{"payload": {}}', now(), $1, 'standard', now() + interval '1 day', 'dead'
         FROM generate_series(1, 20000)`,
      slow.id,
    );
    const other = await hooks.add();
    await hooks.ping(other.id);
    await eventually(() => Promise.resolve(expect(active).toBe(3)), 10_000);
    const person = { username: 'grace', email: 'grace@example.com', password: 'Analytical1' };
    await hooks.service.post('/auth/register', person);
    await hooks.app.mail('verify-email', person.email);
    await query(`DELETE FROM astra_jobs.job WHERE data = '{"payload": {}}'`);
    expect(hooks.receiver.received).toHaveLength(3);
    const open = setInterval(() => release.splice(0).forEach((end) => end()), 20);
    await eventually(async () => {
      const all = [...(await hooks.deliveries(slow.id)), ...(await hooks.deliveries(other.id))];
      expect(all.map(({ status }) => status)).toEqual(Array(7).fill('delivered'));
    }, 30_000);
    clearInterval(open);
    expect(most).toBeLessThanOrEqual(4);
  });
});
