import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AuditService } from '../../audit/audit.service.js';
import type { User } from '../../users/user.entity.js';

/** Reason why a sign-in failed, as counted and recorded. */
export type SignInFailure =
  | 'wrong_password'
  | 'unknown_user'
  | 'wrong_email_code'
  | 'unknown_passkey'
  | 'invalid_passkey'
  | 'inactive_user'
  | 'email_not_verified'
  | 'refused_by_application';

/** Outcome of a sign-in. `factor_required`: it continues with another proof. */
type Outcome = 'success' | 'factor_required' | 'wrong_factor' | SignInFailure;

/** Counts sign-ins, and records them in the audit trail. */
@Injectable()
export class SignInTrail {
  /** Number of sign-ins in this process by outcome. */
  readonly outcomes: Record<Outcome, number> = {
    success: 0,
    factor_required: 0,
    wrong_factor: 0,
    wrong_password: 0,
    unknown_user: 0,
    wrong_email_code: 0,
    unknown_passkey: 0,
    invalid_passkey: 0,
    inactive_user: 0,
    email_not_verified: 0,
    refused_by_application: 0,
  };

  constructor(private readonly audit: AuditService) {}

  /** Counts a failed sign-in and records it in the audit trail. */
  async recordFailure(user: Pick<User, 'id'> | null, reason: SignInFailure, client: Client): Promise<void> {
    this.outcomes[reason]++;
    const event = { userId: user?.id ?? null, actorId: null, client, data: { reason } };
    await this.audit.recordAlone({ type: 'authn_login_fail', ...event });
  }

  /**
   * Records a successful sign-in in its transaction.
   *
   * @param details.reason - In one word. Default none.
   * @param details.method - Second factor. Default none.
   */
  async recordSuccess(
    { id }: Pick<User, 'id'>,
    client: Client,
    details: { reason?: string; method?: SignInMethod },
    tx: EntityManager,
  ): Promise<void> {
    const data = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
    const event = { userId: id, actorId: id, client, ...(Object.keys(data).length > 0 && { data }) };
    await this.audit.record({ type: 'authn_login_success', ...event }, tx);
  }
}
