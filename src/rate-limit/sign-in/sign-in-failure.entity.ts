import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Failed sign-ins of an account, or of a name that no account has, since the last successful one. */
@Entity({ name: 'auth_sign_in_failures' })
export class SignInFailure {
  /** Keyed hash of the account's id or of the name. It identifies nobody, and the two are indistinguishable. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'auth_sign_in_failures_pkey' })
  key: Buffer;

  /** Consecutive failures. */
  @Column('integer')
  failures: number;

  /** Failures that determine the next wait. */
  @Column('integer')
  recent: number;

  /** Time before which no attempt is allowed. */
  @Column('timestamptz', { name: 'wait_until' })
  waitUntil: Date;

  /** Time from which `recent` starts again. */
  @Column('timestamptz', { name: 'forget_at' })
  forgetAt: Date;
}
