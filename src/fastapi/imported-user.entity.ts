import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../users/user.entity.js';

/**
 * User imported from the FastAPI service. The row remains when the account is renamed, so that nobody is imported
 * twice, and when it is erased, so that no later import restores it.
 */
@Entity({ name: 'auth_imported_users' })
@Index('auth_imported_users_user_id_key', ['userId'], { unique: true })
export class ImportedUser {
  /** SHA-256 of the exact username in the FastAPI service, so that the name of an erased user is not kept. */
  @PrimaryColumn('bytea', { name: 'username_hash', primaryKeyConstraintName: 'auth_imported_users_pkey' })
  usernameHash: Buffer;

  /** `id` in the FastAPI service. */
  @Column('bigint', { name: 'source_id' })
  sourceId: string;

  /** Account; `null` after it is erased. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  @ManyToOne(() => User, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_imported_users_user_id_fkey' })
  user: Relation<User> | null;

  @Column('timestamptz', { name: 'imported_at' })
  importedAt: Date;

  /**
   * Time from which tokens of the FastAPI service are rejected because all sessions of the user ended; `null` if never.
   */
  @Column('timestamptz', { name: 'legacy_tokens_ended_at', nullable: true })
  legacyTokensEndedAt: Date | null;
}
