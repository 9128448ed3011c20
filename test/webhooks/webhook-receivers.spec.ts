import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AuthSettings } from '../../src/settings/auth-settings.js';
import { webhookSettings } from '../../src/settings/webhooks/webhook-settings.js';
import { WebhookRequests } from '../../src/webhooks/deliveries/webhook-requests.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { runPage } from '../support/page-commands.js';
import { WebhookAdmin } from '../support/webhook-admin.js';

const HOST = '127.0.0.3';
const folder = resolve('examples/webhook-receivers/src');

let hooks: WebhookAdmin;
let port: number;
beforeAll(async () => {
  port = await freePort(HOST);
  const webhooks = { allow: ['127.0.0.0/8'], ports: [port], allowHttp: true };
  hooks = await WebhookAdmin.start({ auth: { webhooks } });
});
afterAll(() => hooks.stop());

describe.each([
  ['Node', process.execPath, 'receiver.mjs'],
  ['Python', 'python3', 'receiver.py'],
])('the receiver in %s', (_, program, file) => {
  let receiver: ChildProcess;
  let printed: string;
  let webhook: { id: string; secret: string };
  const url = () => `http://${HOST}:${port}/astra`;

  beforeAll(async () => {
    await hooks.clear();
    webhook = await hooks.add({ url: url(), types: ['user.updated'] });
    const env = { PATH: process.env.PATH, WEBHOOK_SECRET: webhook.secret, HOST, PORT: String(port) };
    receiver = spawn(program, [join(folder, file)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    printed = '';
    receiver.stdout!.setEncoding('utf8').on('data', (text: string) => (printed += text));
    // Says where it listens.
    await once(receiver.stderr!, 'data');
  });
  afterAll(async () => {
    const exited = once(receiver, 'exit');
    receiver.kill();
    await exited;
  });

  it('takes what the service sends, once, and also while its secret is being replaced', async () => {
    await hooks.ping(webhook.id);
    const { id } = await hooks.tried(webhook.id, 1);
    await hooks.service.patch('/users/me', { full_name: `Root ${file}` }, hooks.token);
    await eventually(() => Promise.resolve(expect(printed.split('\n')).toHaveLength(3)), 10_000);
    expect(printed.split('\n').toSorted()).toEqual([
      ...['', 'ping {}', `user.updated {"changed":["full_name"],"user_id":"${hooks.admin.id}"}`],
    ]);
    // Signed with both secrets, and sent again under the same id.
    const path = `/admin/webhooks/${webhook.id}`;
    expect((await hooks.service.post(`${path}/secret`, { overlap_hours: 1 }, hooks.token)).status).toBe(200);
    await hooks.service.post(`${path}/deliveries/${id}/retry`, undefined, hooks.token);
    await eventually(async () => {
      const all = await hooks.deliveries(webhook.id);
      expect(all.map(({ status, attempts }) => [status, attempts]).toSorted()).toEqual([
        ['delivered', 1],
        ['delivered', 2],
      ]);
    }, 10_000);
    expect(printed.split('\n')).toHaveLength(3);
  });

  it('refuses everything else', async () => {
    const before = printed;
    const key = Buffer.from(webhook.secret.slice('whsec_'.length), 'base64');
    const sign = (content: string, by = key) =>
      `v1,${createHmac('sha256', by).update(content).digest('base64')}`;
    const now = Math.floor(Date.now() / 1_000);
    const send = async (body: string, headers: Record<string, string>) =>
      (await fetch(url(), { method: 'POST', body, headers })).status;
    const genuine = (body: string, at: number | string = now) => ({
      ...{
        'webhook-id': 'forged',
        'webhook-timestamp': String(at),
        'webhook-signature': sign(`forged.${at}.${body}`),
      },
    });
    const body = '{"type":"forged","data":{}}';
    const headers = genuine(body);
    for (const forged of [
      {},
      { ...headers, 'webhook-signature': '' },
      { ...headers, 'webhook-signature': 'v1,' },
      { ...headers, 'webhook-signature': 'v1' },
      { ...headers, 'webhook-signature': headers['webhook-signature'].slice(0, -4) },
      { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') },
      { ...headers, 'webhook-signature': sign(`forged.${now}.${body}`, Buffer.alloc(32)) },
      { ...headers, 'webhook-id': 'another' },
      { ...headers, 'webhook-timestamp': String(now + 1) },
      ...[now - 301, now + 330, 'now', '', '-1', 'NaN', 'Infinity'].map((at) => genuine(body, at)),
    ])
      expect([forged, await send(body, forged)]).toEqual([forged, 400]);
    expect(await send(`${body} `, headers)).toBe(400);
    expect(await send('x'.repeat(64 * 1024 + 1), headers).catch(() => 413)).toBe(413);
    expect(printed).toBe(before);
    expect(await send(body, headers)).toBe(204);
    await eventually(() => Promise.resolve(expect(printed).toBe(`${before}forged {}\n`)), 5_000);
  });
});

it('shows in docs/webhooks.md what its commands print', async () => {
  await hooks.clear();
  const page = await readFile('docs/webhooks.md', 'utf8');
  const own = await freePort();
  const settings = hooks.service.app.get(AuthSettings, { strict: false });
  Object.assign(settings, {
    webhooks: webhookSettings({ allow: ['127.0.0.1'], ports: [own], allowHttp: true }),
  });
  Object.assign(
    hooks.service.app.get(WebhookRequests, { strict: false }),
    new WebhookRequests(settings.webhooks),
  );
  const ran = await runPage(page, (command) =>
    command
      .replace('http://localhost:8000', hooks.service.origin)
      .replaceAll('8080', String(own))
      .replace('node examples', `PORT=${own} '${process.execPath}' ${resolve('examples')}`),
  );
  const shape = (text: string) => {
    const line = text.replaceAll(String(own), '8080');
    if (!line.startsWith('{')) return line.replace(/"user_id":"[^"]*"/, 'its id');
    const { items, ...answer } = JSON.parse(line) as { items?: object[] };
    return [items?.map(Object.keys), ...Object.entries(answer).map(valueOf)];
  };
  for (const { command, shown, printed } of ran)
    expect([command, shape(printed)]).toEqual([command, shape(shown)]);
});

/** Member of an answer, with its value if that is the same each time. */
const valueOf = ([name, value]: [string, unknown]) =>
  /^(id|secret|created_at|next_cursor)$/.test(name) ? [name, typeof value] : [name, value];
