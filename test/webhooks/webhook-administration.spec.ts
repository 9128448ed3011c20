import { randomUUID } from 'node:crypto';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { WebhookAdmin } from '../support/webhook-admin.js';

let hooks: WebhookAdmin;
beforeAll(async () => {
  hooks = await WebhookAdmin.start();
});
beforeEach(() => hooks.clear());
afterAll(() => hooks.stop());

const url = 'https://hooks.example.com/astra?key=of-theirs';
const post = (path: string, body?: unknown) =>
  hooks.service.post(`/admin/webhooks${path}`, body, hooks.token);
const get = (path = '') => hooks.service.get(`/admin/webhooks${path}`, hooks.token);
const patch = (path: string, body: unknown) =>
  hooks.service.patch(`/admin/webhooks${path}`, body, hooks.token);

describe('the administration of webhooks', () => {
  it('adds, lists, changes and deletes them, and shows the secret once', async () => {
    const added = await post('', {
      url,
      types: ['user.*', 'session.ended', 'user.*'],
      description: 'Billing',
    });
    const webhook = {
      id: expect.any(String),
      url,
      types: ['user.*', 'session.ended'],
      data: 'thin',
      enabled: true,
      description: 'Billing',
      created_at: expect.any(String),
      failing_since: null,
      disabled_reason: null,
    };
    const secret = expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect([added.status, added.body]).toEqual([201, { ...webhook, secret }]);
    const { id } = added.body;
    expect((await get(`/${id}`)).body).toEqual(webhook);
    expect((await get()).body).toEqual({
      items: [webhook],
      next_cursor: null,
      total: 1,
      total_is_estimate: false,
    });

    const changed = await patch(`/${id}`, { types: ['*'], data: 'full', description: '' });
    expect(changed.body).toEqual({ ...webhook, types: ['*'], data: 'full', description: null });
    expect((await patch(`/${id}`, {})).body).toEqual(changed.body);
    expect((await patch(`/${id}`, { enabled: false })).body).toMatchObject({ disabled_reason: 'admin' });
    expect((await patch(`/${id}`, { enabled: true })).body).toMatchObject({
      enabled: true,
      disabled_reason: null,
    });

    expect((await hooks.service.delete(`/admin/webhooks/${id}`, hooks.token)).status).toBe(204);
    expectProblem(await get(`/${id}`), 404, 'not-found');
    expectProblem(await patch(`/${id}`, { enabled: false }), 404, 'not-found');
    const { items } = (await hooks.service.get('/admin/audit-events?limit=5', hooks.token)).body;
    const told = [
      ['webhook_created', {}],
      ['webhook_changed', { changed: ['data', 'types', 'description'] }],
      ['webhook_disabled', { reason: 'admin' }],
      ['webhook_changed', { changed: ['enabled'] }],
      ['webhook_deleted', {}],
    ] as const;
    expect(items.toReversed()).toEqual(
      told.map(([type, data]) =>
        expect.objectContaining({
          ...{ type, actor_id: hooks.admin.id, data: { webhook: id, host: 'hooks.example.com', ...data } },
        }),
      ),
    );
  });

  it('keeps the secret encrypted', async () => {
    const { id, secret } = await hooks.add();
    const rotated = (await post(`/${id}/secret`)).body.secret as string;
    const rows = JSON.stringify(await hooks.service.database.query('SELECT * FROM auth_webhooks'));
    for (const one of [secret, rotated]) {
      expect(rows).not.toContain(one.slice('whsec_'.length));
      expect(JSON.stringify((await get()).body)).not.toContain(one);
    }
  });

  it.each([
    ['no name of a type', { types: ['user.exploded'] }, 'types', 'enum'],
    ['a part of a name', { types: ['user'] }, 'types', 'enum'],
    ['no types', { types: [] }, 'types', undefined],
    ['types that are no list', { types: 'user.*' }, 'types', undefined],
    ['types that are no texts', { types: [['*']] }, 'types', undefined],
    ['unknown data', { data: 'everything' }, 'data', 'enum'],
    ['a description that is too long', { description: 'x'.repeat(201) }, 'description', 'string_too_long'],
    ['a secret of its own', { secret: 'whsec_AAAA' }, 'secret', 'extra_forbidden'],
  ])('refuses %s, when adding and changing', async (_, field, name, code) => {
    const { id } = await hooks.add();
    const answers = [await post('', { url, types: ['*'], ...field }), await patch(`/${id}`, field)];
    for (const { status, body } of answers)
      expect([status, body.errors[0].loc[1], code ?? body.errors[0].code]).toEqual([
        422,
        name,
        body.errors[0].code,
      ]);
  });

  it.each([
    ['http://[::ffff:127.0.0.1]', 'url_not_public'],
    ['http://2130706433', 'url_not_public'],
    ['http://0x7f.1', 'url_not_public'],
    ['https://10.0.0.1/', 'url_not_public'],
    ['https://169.254.169.254/latest/meta-data', 'url_not_public'],
    ['https://[fd00::1]/', 'url_not_public'],
    ['https://hooks.example.com:8080/', 'url_port'],
    ['http://hooks.example.com/', 'url_port'],
    ['ftp://hooks.example.com/', 'url_parsing'],
    ['https://user:password@hooks.example.com/', 'url_parsing'],
    ['/astra', 'url_parsing'],
    ['', 'url_parsing'],
  ])('refuses the URL %s, when adding and changing', async (given, code) => {
    const { id } = await hooks.add();
    for (const answer of [
      await post('', { url: given, types: ['*'] }),
      await patch(`/${id}`, { url: given }),
    ])
      expectInvalid(answer, ['body.url', code]);
  });

  it('takes 20 of 25 that are added at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, () => post('', { url, types: ['*'] })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectProblem(answer, 409, 'too-many-webhooks');
    const page = (await get('?limit=15')).body;
    expect([page.items.length, page.total]).toEqual([15, 20]);
    expect((await get(`?limit=15&cursor=${page.next_cursor}`)).body.items).toHaveLength(5);
    expect((await get('?cursor=x')).status).toBe(422);
  });

  it('takes an overlap of 0 to 168 hours', async () => {
    const { id } = await hooks.add();
    for (const overlap_hours of [0, 24, 168])
      expect((await post(`/${id}/secret`, { overlap_hours })).status).toBe(200);
    for (const overlap_hours of [-1, 169, 1.5, '24', null])
      expect((await post(`/${id}/secret`, { overlap_hours })).status).toBe(422);
  });

  it('knows no deliveries of other webhooks, and no other states', async () => {
    const [one, other] = [await hooks.add(), await hooks.add()];
    await hooks.ping(one.id);
    const delivery = await hooks.tried(one.id, 1);
    expect(await hooks.deliveries(other.id)).toEqual([]);
    expectProblem(await post(`/${other.id}/deliveries/${delivery.id}/retry`), 404, 'not-found');
    expectProblem(await post(`/${one.id}/deliveries/${randomUUID()}/retry`), 404, 'not-found');
    expect((await get(`/${one.id}/deliveries?status=sent`)).status).toBe(422);
    expect(await hooks.deliveries(one.id, '&status=failed')).toEqual([]);
    expect(await hooks.deliveries(one.id, '&status=delivered')).toHaveLength(1);
  });
});
