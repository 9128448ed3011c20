import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { v7 as uuid } from 'uuid';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditType } from '../../audit/audit-types.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import { InvalidInputError, NotFoundError } from '../../http/problem/problem.js';
import { pageNewestFirst } from '../../paging/newest-first.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { Webhook } from './webhook.entity.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { hostOf, refusalOf } from './webhook-url.js';
import { TooManyWebhooksError, WebhookDisabledError } from './webhooks.errors.js';

/** Maximum number of webhooks. */
export const MAX_WEBHOOKS = 20;

/** Fields of a webhook that an admin chooses. */
export type WebhookFields = Pick<Webhook, 'url' | 'types' | 'data' | 'description' | 'enabled'>;

/** Admin who makes a change, and the client that sent the request. */
export interface WebhookAuthor {
  actorId: string;
  client: Client;
}

/** Reads webhooks, and changes them on behalf of admins. */
@Injectable()
export class WebhooksService {
  constructor(
    @InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>,
    private readonly secrets: WebhookSecrets,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Returns a page of webhooks, newest first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  list(page: PageQuery): Promise<Page<Webhook>> {
    return pageNewestFirst(this.webhooks.createQueryBuilder('webhook').where('true'), page);
  }

  /** @throws {NotFoundError} if there is no such webhook. */
  async get(id: string, tx: EntityManager = this.webhooks.manager): Promise<Webhook> {
    const webhook = await tx.findOneBy(Webhook, { id });
    if (!webhook) throw new NotFoundError('Webhook not found.');
    return webhook;
  }

  /**
   * @throws {NotFoundError} if there is no such webhook.
   * @throws {WebhookDisabledError} if it is disabled.
   */
  async getEnabled(id: string, tx: EntityManager): Promise<Webhook> {
    const webhook = await this.get(id, tx);
    if (!webhook.enabled) throw new WebhookDisabledError();
    return webhook;
  }

  /**
   * Adds a webhook.
   *
   * @returns the webhook, and its secret, which cannot be read again.
   * @throws {InvalidInputError} if its URL is not allowed.
   * @throws {TooManyWebhooksError} if there are {@link MAX_WEBHOOKS}.
   */
  create(fields: WebhookFields, author: WebhookAuthor): Promise<{ webhook: Webhook; secret: string }> {
    this.assertAllowed(fields.url);
    return this.webhooks.manager.transaction(async (tx) => {
      // Concurrent additions wait, and then count this one.
      await tx.query('LOCK TABLE auth_webhooks IN SHARE ROW EXCLUSIVE MODE');
      if ((await tx.count(Webhook)) >= MAX_WEBHOOKS) throw new TooManyWebhooksError(MAX_WEBHOOKS);
      const id = uuid();
      const secret = this.secrets.create();
      await tx.insert(Webhook, {
        ...fields,
        ...{ id, secretSealed: this.secrets.seal(secret, id), createdAt: () => 'now()' },
        disabledReason: fields.enabled ? null : 'admin',
      });
      const webhook = await this.get(id, tx);
      await this.record('webhook_created', webhook, {}, author, tx);
      return { webhook, secret };
    });
  }

  /**
   * Changes a webhook. Enabling it, or another URL, makes it start afresh: it no longer counts as failing.
   *
   * @throws {InvalidInputError} if its URL is not allowed.
   * @throws {NotFoundError} if there is no such webhook.
   */
  async change(id: string, changes: Partial<WebhookFields>, author: WebhookAuthor): Promise<Webhook> {
    if (changes.url !== undefined) this.assertAllowed(changes.url);
    return this.webhooks.manager.transaction(async (tx) => {
      const before = await this.lock(id, tx);
      const changed = (Object.keys(changes) as (keyof WebhookFields)[]).filter(
        (name) => changes[name] !== undefined && String(changes[name]) !== String(before[name]),
      );
      if (changed.length === 0) return before;
      const values: QueryDeepPartialEntity<Webhook> = { ...changes };
      if (changes.enabled === false && before.enabled) values.disabledReason = 'admin';
      if (changes.enabled === true) values.disabledReason = null;
      if (changes.enabled === true || changed.includes('url')) values.failingSince = null;
      await tx.update(Webhook, { id }, values);
      const webhook = await this.get(id, tx);
      if (before.enabled && !webhook.enabled)
        await this.record('webhook_disabled', webhook, { reason: 'admin' }, author, tx);
      else await this.record('webhook_changed', webhook, { changed }, author, tx);
      return webhook;
    });
  }

  /**
   * Deletes a webhook. What waits for it is no longer sent.
   *
   * @throws {NotFoundError} if there is no such webhook.
   */
  async remove(id: string, author: WebhookAuthor): Promise<void> {
    await this.webhooks.manager.transaction(async (tx) => {
      const webhook = await this.lock(id, tx);
      await tx.delete(Webhook, { id });
      await this.record('webhook_deleted', webhook, {}, author, tx);
    });
  }

  /**
   * Replaces the secret of a webhook. The old one signs as well for some time, so that the endpoint can be changed meanwhile;
   * one that was replaced before no longer does.
   *
   * @param overlapHours - Hours for which the old one still signs; `0` if somebody else may know it.
   * @returns the new secret, which cannot be read again.
   * @throws {NotFoundError} if there is no such webhook.
   */
  rotate(id: string, overlapHours: number, author: WebhookAuthor): Promise<string> {
    return this.webhooks.manager.transaction(async (tx) => {
      const webhook = await this.lock(id, tx);
      const secret = this.secrets.create();
      await tx.query(
        `UPDATE auth_webhooks
            SET secret_sealed = $2, previous_secret_sealed = CASE WHEN $3::int > 0 THEN secret_sealed END,
                previous_secret_until = CASE WHEN $3::int > 0 THEN now() + make_interval(hours => $3::int) END
          WHERE id = $1`,
        [id, this.secrets.seal(secret, id), overlapHours],
      );
      await this.record('webhook_changed', webhook, { changed: ['secret'] }, author, tx);
      return secret;
    });
  }

  /** Locks the row of a webhook, so that concurrent changes are made, and recorded, one after the other. */
  private async lock(id: string, tx: EntityManager): Promise<Webhook> {
    const webhook = await tx.findOne(Webhook, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!webhook) throw new NotFoundError('Webhook not found.');
    return webhook;
  }

  /** Rejects a URL that is not allowed, before anything is written. */
  private assertAllowed(url: string): void {
    const refusal = refusalOf(url, this.settings.webhooks);
    if (refusal) throw new InvalidInputError([{ loc: ['body', 'url'], ...refusal }]);
  }

  /** Records a change. Only the host of the URL, because the rest may contain a secret of the other system. */
  private async record(
    type: AuditType,
    { id, url }: Webhook,
    data: AuditData,
    { actorId, client }: WebhookAuthor,
    tx: EntityManager,
  ): Promise<void> {
    const event = { type, userId: null, actorId, client, data: { webhook: id, host: hostOf(url), ...data } };
    await this.audit.record(event, tx);
  }
}
