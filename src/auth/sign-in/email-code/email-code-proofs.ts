import { Injectable } from '@nestjs/common';
import type { Client } from '../../../access/client.decorator.js';
import { SignInAttemptsService } from '../../../rate-limit/sign-in/sign-in-attempts.service.js';
import {
  type CodeBinding,
  EmailCodesService,
  type TriableCode,
} from '../../email-codes/email-codes.service.js';
import { InvalidProofError } from '../../factors/factors.errors.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { SignInTrail } from '../sign-in-trail.js';

/** Verifies codes by email, and counts the wrong ones. */
@Injectable()
export class EmailCodeProofs {
  constructor(
    private readonly codes: EmailCodesService,
    private readonly attempts: SignInAttemptsService,
    private readonly trail: SignInTrail,
  ) {}

  /**
   * Verifies a code, without using it. Wrong codes are counted for the token and for the email address, whether or not it has an
   * account, and further codes do not reset the count.
   *
   * @returns the request whose code it is.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {InvalidProofError} if the code is wrong.
   * @throws {TooManyRequestsError} if the email address has to wait.
   */
  async verify(binding: CodeBinding, code: string, client: Client): Promise<TriableCode> {
    const requested = await this.codes.find(binding);
    if (!requested) throw new InvalidSignInError();
    const { userId } = requested;
    const { matches } = await this.attempts.checkEmailCode({ ...requested, client }, async () => {
      // Ends the token after five wrong codes, whether or not there are rate limits.
      const isRight = await this.codes.verify(binding, code);
      if (isRight === null) throw new InvalidSignInError();
      return { matches: isRight };
    });
    if (matches) return requested;
    await this.trail.recordFailure(userId ? { id: userId } : null, 'wrong_email_code', client);
    throw new InvalidProofError();
  }
}
