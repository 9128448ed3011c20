import { Injectable } from '@nestjs/common';
import type { Client } from '../../access/client.decorator.js';
import { RateLimitsService } from '../../rate-limit/rate-limits.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { EmailNotVerifiedError, ServiceAccountError } from '../../users/users.errors.js';
import type { Proof } from './proof.js';
import { InactiveUserError } from './sign-in.errors.js';
import { SignInTrail } from './sign-in-trail.js';

/**
 * Checks whether a user with a verified proof may sign in. The errors reveal the state of an account, so they are thrown
 * only after the proof.
 */
@Injectable()
export class SignInChecks {
  constructor(
    private readonly limits: RateLimitsService,
    private readonly settings: AuthSettings,
    private readonly trail: SignInTrail,
  ) {}

  /**
   * Checks the account, and counts the sign-in.
   *
   * @throws {ServiceAccountError} if it is a service account, which only API keys use.
   * @throws {InactiveUserError} if the account is deactivated.
   * @throws {EmailNotVerifiedError} if the settings require a verified email address.
   * @throws {TooManyRequestsError} if there were too many sign-ins to the account.
   */
  async assertMaySignIn(user: User, proof: Proof, client: Client): Promise<void> {
    if (user.kind === 'service') throw new ServiceAccountError();
    if (!user.isActive) {
      await this.trail.recordFailure(user, 'inactive_user', client);
      throw new InactiveUserError();
    }
    if (this.settings.emailVerification === 'required') await this.assertVerified(user, proof, client);

    // Counted only after the proof: counting other attempts would reveal which accounts exist, and let strangers
    // exhaust the limit.
    await this.limits.take('sign-in-account', user.id, client);
  }

  /**
   * Checks whether a user may add the second factor that the role requires. Otherwise a person who registered with
   * somebody else's email address could lock its owner out.
   *
   * @throws {EmailNotVerifiedError} if the email address is not verified, although addresses are verified here.
   */
  async assertMayEnrol(user: User, proof: Proof, client: Client): Promise<void> {
    if (this.settings.emailVerification !== 'off') await this.assertVerified(user, proof, client);
  }

  /** Records the failure, because the password was correct. */
  private async assertVerified(user: User, { provesEmail }: Proof, client: Client): Promise<void> {
    if (user.emailVerifiedAt || provesEmail) return;
    await this.trail.recordFailure(user, 'email_not_verified', client);
    throw new EmailNotVerifiedError();
  }
}
