import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Value that was used, such as a challenge. Its primary key refuses a second use. */
@Entity({ name: 'auth_used_challenges' })
@Index('auth_used_challenges_expires_at_idx', ['expiresAt'])
export class UsedChallenge {
  /** SHA-256 of the value. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'auth_used_challenges_pkey' })
  hash: Buffer;

  /** Time from which the value would be refused anyway. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
