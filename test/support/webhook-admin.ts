import { Role } from '../../src/settings/role.js';
import { UsersService } from '../../src/users/users.service.js';
import { eventually } from './eventually.js';
import { MailService } from './mail-service.js';
import type { TestService, TestServiceOptions, Tokens } from './test-service.js';
import { RECEIVER_ADDRESS, WebhookReceiver } from './webhook-receiver.js';

/** Delivery as an admin sees it. */
export interface ShownDelivery {
  id: string;
  type: string;
  status: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  next_attempt_at: string | null;
}

/** Service with webhooks, a receiver on this machine that it may reach, and an admin whose mailbox is verified. */
export class WebhookAdmin {
  private constructor(
    readonly app: MailService,
    readonly receiver: WebhookReceiver,
    readonly admin: Tokens & { id: string },
  ) {}

  static async start({ auth, ...settings }: TestServiceOptions = {}): Promise<WebhookAdmin> {
    const receiver = await WebhookReceiver.start();
    const webhooks = { allow: [RECEIVER_ADDRESS], ports: [receiver.port], allowHttp: true };
    const app = await MailService.start({ webhooks: true, auth: { webhooks, ...auth }, ...settings });
    const person = { username: 'root', email: 'root@example.com', password: 'Analytical1' };
    const { id } = await app.service.signUp(person);
    await app.verify(person.email);
    await app.service.app.get(UsersService, { strict: false }).update(id, { role: Role.Admin });
    return new WebhookAdmin(app, receiver, { id, ...(await app.service.signIn(person)) });
  }

  get service(): TestService {
    return this.app.service;
  }

  get token(): string {
    return this.admin.access_token;
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.receiver.stop();
  }

  /** Forgets all webhooks, and what came in. */
  async clear(): Promise<void> {
    for (const table of ['webhook_deliveries', 'webhook_events', 'webhooks'])
      await this.service.database.query(`DELETE FROM auth_${table}`);
    this.receiver.received.length = 0;
    this.receiver.respond = (response) => void response.writeHead(204).end();
  }

  /** Adds a webhook to the receiver. */
  async add(fields: object = {}): Promise<{ id: string; secret: string }> {
    const body = { url: this.receiver.url, types: ['ping'], ...fields };
    const added = await this.service.post('/admin/webhooks', body, this.token);
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    return added.body;
  }

  async ping(id: string): Promise<void> {
    const { status } = await this.service.post(`/admin/webhooks/${id}/test`, undefined, this.token);
    if (status !== 202) throw new Error(`The ping was answered with ${status}`);
  }

  async show(
    id: string,
  ): Promise<{ enabled: boolean; disabled_reason: string | null; failing_since: string | null }> {
    return (await this.service.get(`/admin/webhooks/${id}`, this.token)).body;
  }

  async deliveries(id: string, query = ''): Promise<ShownDelivery[]> {
    return (await this.service.get(`/admin/webhooks/${id}/deliveries?limit=100${query}`, this.token)).body
      .items;
  }

  /** Waits until the newest delivery has had so many tries. */
  tried(id: string, attempts: number): Promise<ShownDelivery> {
    return eventually(async () => {
      const [delivery] = await this.deliveries(id);
      if (delivery?.attempts !== attempts) throw new Error(`There were ${delivery?.attempts} tries`);
      return delivery;
    }, 20_000);
  }

  /** Has all tries that wait for their time be due now. */
  async moveClock(): Promise<void> {
    await this.service.database.query(
      `UPDATE astra_jobs.job SET start_after = now() WHERE name = 'webhook' AND state = 'created'`,
    );
  }
}
