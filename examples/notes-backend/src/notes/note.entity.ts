import { User } from 'nestjs-astra';
import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';

/** Belongs to a user, and is deleted with the user. */
@Entity({ name: 'notes' })
@Index('notes_owner_id_idx', ['ownerId', 'createdAt'])
export class Note {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'notes_pkey' })
  id: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'notes_owner_id_fkey' })
  owner: Relation<User>;

  @Column('varchar', { length: 1000 })
  text: string;

  /** If `true`, only its owner sees it. */
  @Column('boolean', { name: 'is_hidden', default: false })
  isHidden: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
