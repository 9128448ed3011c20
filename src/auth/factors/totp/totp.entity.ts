import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { User } from '../../../users/user.entity.js';

/** Authenticator app of a user (RFC 6238). A user has one at most. */
@Entity({ name: 'auth_totp' })
@Unique('auth_totp_user_id_key', ['userId'])
@Index('auth_totp_unconfirmed_idx', ['createdAt'], { where: 'confirmed_at IS NULL' })
export class Totp {
  /** A UUIDv7, and the label of the encrypted secret. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_totp_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_totp_user_id_fkey' })
  user: Relation<User>;

  /** Secret of the app, encrypted. */
  @Column('text', { name: 'secret_sealed', select: false })
  secretSealed: string;

  /** Time step of the last code that was used, in units of 30 s since 1970. No code of it or before is accepted. */
  @Column('bigint', { name: 'last_step', default: 0 })
  lastStep: string;

  /** Given by its user, such as the name of the device. */
  @Column('varchar', { length: 50 })
  name: string;

  /** `null` until its user has entered a first code. Until then it is not required, and expires after ten minutes. */
  @Column('timestamptz', { name: 'confirmed_at', nullable: true })
  confirmedAt: Date | null;

  /** Also the start of the ten minutes in which it has to be confirmed. */
  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** Time of the last code that was used; `null` before the first one. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
