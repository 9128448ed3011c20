import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { User } from '../../../users/user.entity.js';

/** User of a provider who may sign in to an account. Neither tokens nor claims of the provider are stored. */
@Entity({ name: 'auth_identities' })
@Unique('auth_identities_issuer_subject_key', ['issuer', 'subject'])
@Index('auth_identities_user_id_idx', ['userId', 'id'])
export class Identity {
  /** A UUIDv7 (RFC 9562), made by the application. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_identities_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_identities_user_id_fkey' })
  user: Relation<User>;

  /** Name of the provider in the settings. */
  @Column('varchar', { length: 32 })
  provider: string;

  /** Issuer of the provider, which stays the same when the provider is renamed in the settings. */
  @Column('varchar', { length: 255 })
  issuer: string;

  /** Id of the user at the issuer. The only thing that identifies the user: addresses and names change hands. */
  @Column('varchar', { length: 255 })
  subject: string;

  /** Email address at the provider when the identity was last used, for its owner to recognize it. */
  @Column('varchar', { length: 254, nullable: true })
  email: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
