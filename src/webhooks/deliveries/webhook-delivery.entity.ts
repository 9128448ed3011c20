import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { WebhookEvent } from '../events/webhook-event.entity.js';

/** States of a delivery. A `pending` one is tried again until it is `delivered`, or `failed` after the last try. */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const;
/** See {@link deliveryStatuses}. */
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Delivery of an event to one endpoint, with the outcome of its last try. Nothing of the response's body is kept. */
@Entity({ name: 'auth_webhook_deliveries' })
@Index('auth_webhook_deliveries_webhook_id_idx', ['webhookId', 'id'])
@Index('auth_webhook_deliveries_pending_idx', ['webhookId', 'nextAttemptAt'], { where: "status = 'pending'" })
@Index('auth_webhook_deliveries_created_at_idx', ['createdAt'])
@Index('auth_webhook_deliveries_event_id_idx', ['eventId'])
export class WebhookDelivery {
  /** A UUIDv7 (RFC 9562). */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_webhook_deliveries_pkey' })
  id: string;

  /** No foreign key: deleting a webhook would have to delete all of its deliveries at once. They are purged later. */
  @Column('uuid', { name: 'webhook_id' })
  webhookId: string;

  /** The event, whose id is the `webhook-id` of each try. */
  @Column('uuid', { name: 'event_id' })
  eventId: string;

  @ManyToOne(() => WebhookEvent)
  @JoinColumn({ name: 'event_id', foreignKeyConstraintName: 'auth_webhook_deliveries_event_id_fkey' })
  event: Relation<WebhookEvent>;

  /** See {@link deliveryStatuses}. */
  @Column('varchar', { length: 10, default: 'pending' })
  status: DeliveryStatus;

  /** Number of tries in all. A job is only valid for the number that it was made for. */
  @Column('integer', { default: 0 })
  attempts: number;

  /** Position in the schedule of tries, which starts again when an admin has a delivery sent again. */
  @Column('smallint', { default: 0 })
  step: number;

  /** HTTP status of the last response; `null` if there was none. */
  @Column('smallint', { name: 'last_status', nullable: true })
  lastStatus: number | null;

  /** Kind of the last failure; `null` if there was none. */
  @Column('varchar', { name: 'last_error', length: 20, nullable: true })
  lastError: string | null;

  /** `null` unless it is pending. */
  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt: Date | null;

  /** Same time as that of the event. */
  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
