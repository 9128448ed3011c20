import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { AccountErasureService } from '../../src/auth/account/account-erasure.service.js';
import { AccountEvents, type AccountEvent } from '../../src/users/events/account-events.js';
import { UserErased, UserUpdated } from '../../src/users/events/user-events.js';
import type { WebhookType } from '../../src/webhooks/catalogue/webhook-field.js';
import { untoldEvents, webhookTypes } from '../../src/webhooks/catalogue/webhook-types.js';
import { WebhookRetention } from '../../src/webhooks/events/webhook-retention.js';
import { eventually } from '../support/eventually.js';
import { runScheduled } from '../support/run-scheduled.js';
import { ada, TestService } from '../support/test-service.js';
import { WebhookAdmin } from '../support/webhook-admin.js';

let hooks: WebhookAdmin;
beforeAll(async () => {
  hooks = await WebhookAdmin.start();
});
beforeEach(() => hooks.clear());
afterAll(() => hooks.stop());

const types = Object.entries<WebhookType>(webhookTypes);
const USER = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';
const query = (sql: string, ...parameters: unknown[]) => hooks.service.database.query<any>(sql, parameters);

const emit = (event: AccountEvent, isKept = true) =>
  hooks.service.app.get(DataSource).transaction(async (tx) => {
    await hooks.service.app.get(AccountEvents, { strict: false }).emit(event, tx);
    if (!isKept) throw new Error('rolled back');
  });

/** An event of each class, with something in each of its fields. */
const sampleOf = (type: WebhookType) =>
  Object.assign(Object.create(type.event!.prototype as object) as AccountEvent, {
    ...{
      userId: type.event === UserErased ? USER : hooks.admin.id,
      sessionId: USER,
      passkeyId: USER,
      identityId: USER,
      apiKeyId: USER,
      scopes: ['profile:read'],
      provider: 'google',
      role: 'user',
      before: 'user',
      after: 'admin',
    },
    ...{ username: 'ada', email: 'ada@example.com', fullName: null, changed: ['full_name'] },
    ...{ reason: 'change', type: 'totp', isNewDevice: false, client: { ip: '192.0.2.1', userAgent: null } },
  });

const received = (count: number) =>
  eventually(() => {
    expect(hooks.receiver.received).toHaveLength(count);
    return Promise.resolve(hooks.receiver.events);
  }, 20_000);

describe('the catalogue', () => {
  it('has each class of events, or the reason why not', () => {
    const classes = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(join('src', file), 'utf8').matchAll(/^export class (\w+) extends AccountEvent\b/gm),
      ])
      .map(([, name]) => name);
    const told = types.flatMap(([, { event }]) => (event ? [event.name] : []));
    const untold = [...untoldEvents.keys()].map(({ name }) => name);
    expect([...told, ...untold].toSorted()).toEqual(classes.toSorted());
  });

  it('describes what is sent, of each type, to endpoints with either data', async () => {
    const document = (await hooks.service.get<OpenAPIObject>('//openapi.json')).body;
    const ajv = addFormats.default(new Ajv2020({ strict: false }));
    await hooks.add({ types: ['*'] });
    await hooks.add({ types: ['*'], data: 'full' });
    for (const [, type] of types) if (type.event) await emit(sampleOf(type));
    const events = await received(2 * (types.length - 1));
    for (const [name, { event, fields }] of types.filter(([, { event }]) => event)) {
      const operation = document.webhooks![name].post as any;
      const validate = ajv.compile(operation.requestBody.content['application/json'].schema);
      const [some, all] = events
        .filter(({ type }) => type === name)
        .map(({ timestamp, data }) => ({ type: name, timestamp, data }))
        .toSorted((a, b) => Object.keys(a.data).length - Object.keys(b.data).length);
      for (const body of [some, all])
        expect([name, validate(body), validate.errors]).toEqual([name, true, null]);
      const named = (isAll: boolean) =>
        Object.keys(fields).filter((field) => isAll || !fields[field].isPersonal);
      expect([event!.name, Object.keys(some.data).toSorted()]).toEqual([
        event!.name,
        named(false).toSorted(),
      ]);
      expect(Object.keys(all.data).toSorted()).toEqual(named(true).toSorted());
    }
    expect(Object.keys(document.webhooks!)).toEqual(types.map(([name]) => name));
    const thin = events.filter(({ data }) => !('email' in data) && !('ip' in data));
    // In quotes, since an id can spell the bare name.
    expect(JSON.stringify(thin)).not.toMatch(/"ada|ada@|Ada L|192\.0\.2/);
  });
});

describe('events', () => {
  it('come of what happens, to those who have subscribed', async () => {
    await hooks.add({ types: ['user.*'] });
    const { id, access_token: token } = await hooks.service.signUp(ada);
    await hooks.service.patch('/users/me', { full_name: 'Ada Lovelace' }, token);
    for (const change of [
      { is_active: false },
      { is_active: true },
      { role: 'moderator' },
      { email_verified: true },
    ])
      await hooks.service.patch(`/admin/users/${id}`, change, hooks.token);
    await hooks.service.delete(`/admin/users/${id}`, hooks.token);
    await hooks.service.post(`/admin/users/${id}/restore`, { email: 'elsewhere@example.com' }, hooks.token);
    await hooks.service.delete(`/admin/users/${id}`, hooks.token);
    await query(`UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`, id);
    await runScheduled(hooks.service, 'erase-deleted-accounts');
    const events = await received(12);
    expect(
      events.map(({ type, data: { user_id, ...data } }) => [type, user_id === id, data]).toSorted(),
    ).toEqual(
      [
        ['user.registered', true, { role: 'user' }],
        ['user.updated', true, { changed: ['full_name'] }],
        ['user.deactivated', true, {}],
        ['user.activated', true, {}],
        ['user.role_changed', true, { before: 'user', after: 'moderator' }],
        ['user.updated', true, { changed: ['email_verified'] }],
        ['user.email_verified', true, {}],
        ['user.deleted', true, {}],
        ['user.restored', true, {}],
        ['user.email_changed', true, {}],
        ['user.deleted', true, {}],
        ['user.erased', true, {}],
      ].toSorted(),
    );
    expect(JSON.stringify(events)).not.toMatch(/@example|Lovelace|"ada"/);
  });

  it('have one row each, however many happen at once, and one delivery for each endpoint', async () => {
    await hooks.add({ types: ['user.updated'] });
    await hooks.add({ types: ['*'] });
    await hooks.add({ types: ['session.*'] });
    await Promise.all(Array.from({ length: 50 }, (_, i) => emit(new UserUpdated(USER, [`n${i}`]))));
    const rows = await query(`SELECT id::text, data->'changed'->>0 AS name FROM auth_webhook_events`);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(50);
    expect(rows).toHaveLength(50);
    const events = await received(100);
    const times = Map.groupBy(events, ({ id }) => id);
    expect([...times.keys()].toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
    expect([...times.values()].every((copies) => copies.length === 2)).toBe(true);
  });

  it('tell nothing that was rolled back, and store nothing that nobody hears', async () => {
    const { id } = await hooks.add({ types: ['user.updated'] });
    await expect(emit(new UserUpdated(USER, []), false)).rejects.toThrow('rolled back');
    await emit(new UserErased(USER));
    expect(await query('SELECT 1 FROM auth_webhook_events')).toEqual([]);
    await hooks.service.patch(`/admin/webhooks/${id}`, { enabled: false }, hooks.token);
    await emit(new UserUpdated(USER, []));
    expect(await query('SELECT 1 FROM auth_webhook_events')).toEqual([]);
    expect(hooks.receiver.received).toEqual([]);
  });

  it('hold none of it either if webhooks are off when the account is erased, and are deleted with age', async () => {
    await hooks.add({ types: ['user.registered'], data: 'full' });
    const person = { username: 'mary', email: 'mary@example.com', password: 'Analytical1' };
    const { id } = await hooks.service.signUp(person);
    const stored = () => query('SELECT personal FROM auth_webhook_events WHERE user_id = $1', id);
    expect(JSON.stringify(await stored())).toContain('mary@example.com');
    await hooks.service.delete(`/admin/users/${id}`, hooks.token);
    await query(`UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`, id);
    const without = await TestService.start({ on: hooks.service.database });
    try {
      await without.app.get(AccountErasureService, { strict: false }).erase();
      expect(await stored()).toEqual([{ personal: null }]);
      for (const table of ['deliveries', 'events'])
        await query(`UPDATE auth_webhook_${table} SET created_at = now() - interval '31 days'`);
      await eventually(async () => {
        await without.app.get(WebhookRetention, { strict: false }).purge();
        expect(await stored()).toEqual([]);
      }, 10_000);
    } finally {
      await without.stop();
    }
  });

  it('hold no personal data of an account that was erased, stored or sent later', async () => {
    hooks.receiver.respond = (response) => void response.writeHead(503).end();
    const { id: webhook } = await hooks.add({
      types: ['user.registered', 'user.deleted', 'session.*'],
      data: 'full',
    });
    const person = { username: 'grace', email: 'grace@example.com', password: 'Analytical1' };
    const { id } = await hooks.service.signUp(person);
    await hooks.service.delete(`/admin/users/${id}`, hooks.token);
    const events = await received(4);
    expect(JSON.stringify(events)).toMatch(/grace@example\.com.*127\.0\.0\.1/);

    await query(`UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`, id);
    await runScheduled(hooks.service, 'erase-deleted-accounts');
    await eventually(async () => {
      const rows = await query('SELECT data, personal FROM auth_webhook_events WHERE user_id = $1', id);
      expect([rows.length, rows.filter(({ personal }) => personal !== null)]).toEqual([4, []]);
      expect(JSON.stringify(rows)).not.toMatch(/grace|127\.0/);
    }, 10_000);
    hooks.receiver.received.length = 0;
    hooks.receiver.respond = (response) => void response.writeHead(204).end();
    for (const delivery of await hooks.deliveries(webhook))
      await hooks.service.post(
        `/admin/webhooks/${webhook}/deliveries/${delivery.id}/retry`,
        undefined,
        hooks.token,
      );
    const later = await received(4);
    expect(later.map((event) => event.id).toSorted()).toEqual(events.map((event) => event.id).toSorted());
    expect(JSON.stringify(later)).not.toMatch(/grace|127\.0/);
  });
});
