import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Failed sign-ins of one account, or of a name that no account has, since the last one that succeeded. */
@Entity({ name: 'auth_sign_in_failures' })
export class SignInFailure {
  /** A hash of the account's id, or of the name. It names nobody, and both look alike. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'auth_sign_in_failures_pkey' })
  key: Buffer;

  /** In a row. */
  @Column('integer')
  failures: number;

  /** Those of them that decide about the next wait. */
  @Column('integer')
  recent: number;

  /** Nobody may try before then. */
  @Column('timestamptz', { name: 'wait_until' })
  waitUntil: Date;

  /** From then on `recent` begins anew. */
  @Column('timestamptz', { name: 'forget_at' })
  forgetAt: Date;
}
