import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Reason why a webhook is disabled. `admin`: an admin disabled it. `gone`: the endpoint responded with 410. `failing`: nothing
 * could be delivered for five days.
 */
export const disabledReasons = ['admin', 'gone', 'failing'] as const;
/** See {@link disabledReasons}. */
export type DisabledReason = (typeof disabledReasons)[number];

/** Data in events: `thin` has ids and what changed, `full` has names, email addresses and IP addresses as well. */
export const webhookDataKinds = ['thin', 'full'] as const;
/** See {@link webhookDataKinds}. */
export type WebhookDataKind = (typeof webhookDataKinds)[number];

/** Endpoint of another system, to which events are sent. */
@Entity({ name: 'auth_webhooks' })
export class Webhook {
  /** A UUIDv7 (RFC 9562). */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_webhooks_pkey' })
  id: string;

  /** As the admin wrote it. It may contain a secret of the other system. */
  @Column('varchar', { length: 1024 })
  url: string;

  /** Names of types, groups such as `user.*`, or `*`. */
  @Column('text', { array: true })
  types: string[];

  /** Amount of data in the events that are sent to it. */
  @Column('varchar', { length: 4, default: 'thin' })
  data: WebhookDataKind;

  /** Chosen by the admin, to tell webhooks apart; `null` if there is none. */
  @Column('varchar', { length: 200, nullable: true })
  description: string | null;

  /** A disabled webhook gets no events, not even later. */
  @Column('boolean', { default: true })
  enabled: boolean;

  /** `null` while it is enabled. */
  @Column('varchar', { name: 'disabled_reason', length: 10, nullable: true })
  disabledReason: DisabledReason | null;

  /** Time of the first of the failures since the last success; `null` after a success. */
  @Column('timestamptz', { name: 'failing_since', nullable: true })
  failingSince: Date | null;

  /** Secret that signs, encrypted by `WebhookSecrets`. */
  @Column('text', { name: 'secret_sealed', select: false })
  secretSealed: string;

  /** Replaced secret that still signs as well; `null` if there is none. */
  @Column('text', { name: 'previous_secret_sealed', nullable: true, select: false })
  previousSecretSealed: string | null;

  /** Time until which the replaced secret signs; `null` if there is none. */
  @Column('timestamptz', { name: 'previous_secret_until', nullable: true, select: false })
  previousSecretUntil: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
