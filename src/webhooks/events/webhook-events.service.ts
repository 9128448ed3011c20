import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { AccountEvent } from '../../users/events/account-events.js';
import { AccountEvents } from '../../users/events/account-events.js';
import type { WebhookData, WebhookType } from '../catalogue/webhook-field.js';
import { subscriptionsTo, type WebhookTypeName, webhookTypes } from '../catalogue/webhook-types.js';
import { DeliveriesService } from '../deliveries/deliveries.service.js';

/** Event to store. */
interface NewEvent {
  type: WebhookTypeName;
  /** Account that it is about; `null` for a ping. */
  userId: string | null;
  data: WebhookData;
  /** Values of the personal fields; `null` if there are none, or nobody gets them. */
  personal: WebhookData | null;
}

/**
 * Stores the events that webhooks tell, in the transaction of what they tell: none is lost, and none tells what was rolled
 * back. An event to which no endpoint has subscribed is not stored.
 */
@Injectable()
export class WebhookEventsService {
  constructor(
    private readonly deliveries: DeliveriesService,
    events: AccountEvents,
  ) {
    for (const [name, { event, fields }] of Object.entries<WebhookType>(webhookTypes))
      if (event) events.before(event, (told, tx) => this.tell(name as WebhookTypeName, told, fields, tx));
  }

  /** Sends an event to one endpoint, even if it has not subscribed to it, so that an admin can test the endpoint. */
  async ping(webhookId: string, tx: EntityManager): Promise<void> {
    const id = await this.store({ type: 'ping', userId: null, data: {}, personal: null }, tx);
    await this.deliveries.add(id, [webhookId], tx);
  }

  /**
   * Stores an event and its deliveries, if endpoints have subscribed to it.
   *
   * @param fields - Fields of its type. Personal ones are stored only if one of the endpoints gets them.
   */
  private async tell(
    type: WebhookTypeName,
    event: AccountEvent,
    fields: WebhookType['fields'],
    tx: EntityManager,
  ): Promise<void> {
    const endpoints = await tx.query<{ id: string; isFull: boolean }[]>(
      `SELECT id, data = 'full' AS "isFull" FROM auth_webhooks WHERE enabled AND types && $1::text[] ORDER BY id`,
      [subscriptionsTo(type)],
    );
    if (endpoints.length === 0) return;
    const valuesOf = (isPersonal: boolean): WebhookData =>
      Object.fromEntries(
        Object.entries(fields)
          .filter(([, field]) => (field.isPersonal ?? false) === isPersonal)
          .map(([name, { of }]) => [name, of(event)]),
      );
    const personal = endpoints.some(({ isFull }) => isFull) ? valuesOf(true) : {};
    const id = await this.store(
      {
        type,
        userId: event.userId,
        data: valuesOf(false),
        personal: Object.keys(personal).length > 0 ? personal : null,
      },
      tx,
    );
    await this.deliveries.add(
      id,
      endpoints.map((endpoint) => endpoint.id),
      tx,
    );
  }

  /** Stores an event, under the id that all its deliveries share. */
  private async store({ type, userId, data, personal }: NewEvent, tx: EntityManager): Promise<string> {
    const id = uuid();
    await tx.query(
      `INSERT INTO auth_webhook_events (id, type, user_id, data, personal, created_at)
       VALUES ($1, $2, $3, $4, $5, now())`,
      [id, type, userId, data, personal],
    );
    return id;
  }
}
