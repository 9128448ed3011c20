import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { Problem } from '../../http/problem/problem.js';
import { RateLimitsService } from '../../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { type TokenPair, TokenPairs } from '../tokens/token-pairs.js';
import type { Proof } from './proof.js';
import { EmailNotVerifiedError, InactiveUserError } from './sign-in.errors.js';

/** Reason why a sign-in failed, as counted and recorded. */
export type SignInFailure =
  'wrong_password' | 'unknown_user' | 'inactive_user' | 'email_not_verified' | 'refused_by_application';

/**
 * Starts sessions. Every way in verifies a proof and calls {@link SignInService.prove}; no session starts anywhere
 * else.
 */
@Injectable()
export class SignInService {
  /** Number of sign-ins in this process by outcome. */
  readonly outcomes: Record<'success' | SignInFailure, number> = {
    success: 0,
    wrong_password: 0,
    unknown_user: 0,
    inactive_user: 0,
    email_not_verified: 0,
    refused_by_application: 0,
  };

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionsService,
    private readonly tokenPairs: TokenPairs,
    private readonly limits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Starts a session for a user with a verified proof, unless the account or a hook of the host forbids it.
   *
   * @returns `null` if the proof no longer holds because the account was changed meanwhile.
   * @throws {InactiveUserError} if the account is deactivated.
   * @throws {EmailNotVerifiedError} if the settings require a verified email address.
   * @throws {TooManyRequestsError} if there were too many sign-ins to the account.
   * @throws errors of a host's hook.
   */
  async prove(user: User, proof: Proof, client: Client): Promise<TokenPair | null> {
    if (!user.isActive) {
      await this.recordFailure(user, 'inactive_user', client);
      throw new InactiveUserError();
    }
    if (this.settings.emailVerification === 'required' && !user.emailVerifiedAt) {
      await this.recordFailure(user, 'email_not_verified', client);
      throw new EmailNotVerifiedError();
    }

    // Counted only after the proof: counting other attempts would reveal which accounts exist, and let strangers
    // exhaust the limit.
    await this.limits.take('sign-in-account', user.id, client);
    await proof.prepare?.();
    const tokens = await this.begin(user, proof, client);
    if (tokens) this.outcomes.success++;
    return tokens;
  }

  /** Counts a failed sign-in and records it in the audit trail. */
  async recordFailure(user: User | null, reason: SignInFailure, client: Client): Promise<void> {
    this.outcomes[reason]++;
    const event = { userId: user?.id ?? null, actorId: null, client, data: { reason } };
    await this.audit.recordAlone({ type: 'authn_login_fail', ...event });
  }

  /**
   * Starts the session in one transaction with the proof and the audit event. A problem thrown by a hook counts as a
   * refusal by the application.
   */
  private begin(user: User, proof: Proof, client: Client): Promise<TokenPair | null> {
    const { method, reason, sessionId } = proof;
    const beginning = this.db.transaction(async (tx) => {
      if (!(await proof.hold(tx))) return null;
      const session = await this.sessions.start(user, { client, methods: [method], sessionId }, tx);
      const event = { userId: user.id, actorId: user.id, client, ...(reason && { data: { reason } }) };
      await this.audit.record({ type: 'authn_login_success', ...event }, tx);
      return this.tokenPairs.issue(session);
    });
    return beginning.catch(async (error: unknown) => {
      if (error instanceof Problem) await this.recordFailure(user, 'refused_by_application', client);
      throw error;
    });
  }
}
