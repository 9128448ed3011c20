import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../users/user.entity.js';

/**
 * Somebody whom an import took over from the FastAPI service. The row stays when the account is renamed, so that nobody
 * is taken over twice; and when it is erased, so that no later import brings it back.
 */
@Entity({ name: 'auth_imported_users' })
@Index('auth_imported_users_user_id_key', ['userId'], { unique: true })
export class ImportedUser {
  /** SHA-256 of the username as it was there, to the letter: of somebody who was erased it names nobody any more. */
  @PrimaryColumn('bytea', { name: 'username_hash', primaryKeyConstraintName: 'auth_imported_users_pkey' })
  usernameHash: Buffer;

  /** The `id` there. */
  @Column('bigint', { name: 'source_id' })
  sourceId: string;

  /** The account here; `null` once it is erased. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  @ManyToOne(() => User, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_imported_users_user_id_fkey' })
  user: Relation<User> | null;

  @Column('timestamptz', { name: 'imported_at' })
  importedAt: Date;

  /** Since when tokens of the FastAPI service are refused, because all sessions of the user ended; `null` if never. */
  @Column('timestamptz', { name: 'legacy_tokens_ended_at', nullable: true })
  legacyTokensEndedAt: Date | null;
}
