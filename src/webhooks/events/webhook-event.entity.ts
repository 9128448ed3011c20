import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { WebhookData } from '../catalogue/webhook-field.js';

/** Event that at least one webhook tells: one row, however many there are. */
@Entity({ name: 'auth_webhook_events' })
@Index('auth_webhook_events_created_at_idx', ['createdAt'])
@Index('auth_webhook_events_user_id_idx', ['userId'], { where: 'personal IS NOT NULL' })
export class WebhookEvent {
  /** A UUIDv7 (RFC 9562); the `webhook-id` of all its deliveries. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_webhook_events_pkey' })
  id: string;

  /** Name in the catalogue, such as `user.registered`. */
  @Column('varchar', { length: 50 })
  type: string;

  /** Account that it is about, which may no longer exist; `null` for a ping. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  /** Data without personal fields. */
  @Column('jsonb')
  data: WebhookData;

  /** Personal fields, if an endpoint gets them; deleted when the account is erased. */
  @Column('jsonb', { nullable: true })
  personal: WebhookData | null;

  /** Time of the event, by the clock of the database. */
  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
