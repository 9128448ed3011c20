import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { SignInAttemptsService } from '../../../rate-limit/sign-in/sign-in-attempts.service.js';
import { UsersService } from '../../../users/users.service.js';
import { EmailCodesService } from '../../email-codes/email-codes.service.js';
import { InvalidProofError } from '../../factors/factors.errors.js';
import type { TokenPair } from '../../tokens/token-pairs.js';
import { InvalidSignInError } from '../continuation/continuation.errors.js';
import { SignInService } from '../sign-in.service.js';
import { SignInTrail } from '../sign-in-trail.js';
import { AddressOwnerService } from './address-owner.service.js';

/** Sign-in with a code that was sent by email. */
@Injectable()
export class EmailCodeSignInService {
  constructor(
    private readonly users: UsersService,
    private readonly codes: EmailCodesService,
    private readonly attempts: SignInAttemptsService,
    private readonly signIns: SignInService,
    private readonly owners: AddressOwnerService,
    private readonly trail: SignInTrail,
  ) {}

  /**
   * Signs in with a code. Wrong codes are counted for the token and for the email address, whether or not it has an account,
   * and further codes do not reset the count.
   *
   * @param token - Sign-in token of the request for the code.
   * @param code - 8 digits.
   * @throws {InvalidSignInError} if the token is unknown, expired, used, or was tried too often.
   * @throws {InvalidProofError} if the code is wrong.
   * @throws {TooManyRequestsError} if the email address has to wait.
   * @throws {FactorRequiredError | FactorEnrolmentRequiredError} if the account also needs a second factor.
   * @throws {InactiveUserError} and errors of a host's hook, only after the right code.
   */
  async signIn(token: string, code: string, client: Client): Promise<TokenPair> {
    const binding = { purpose: 'sign-in', token } as const;
    const requested = await this.codes.find(binding);
    if (!requested) throw new InvalidSignInError();
    const { userId } = requested;
    const { matches } = await this.attempts.checkEmailCode({ ...requested, client }, async () => {
      // Ends the token after five wrong codes, whether or not there are rate limits.
      const isRight = await this.codes.verify(binding, code);
      if (isRight === null) throw new InvalidSignInError();
      return { matches: isRight };
    });
    if (!userId || !matches) {
      await this.trail.recordFailure(userId ? { id: userId } : null, 'wrong_email_code', client);
      throw new InvalidProofError();
    }

    const user = await this.users.get(userId);
    const hold = async (tx: EntityManager) => {
      // The account is locked before the code, in the same order as everywhere else.
      const current = await this.users.lockActive(userId, tx);
      if (!current || !(await this.codes.consume(binding, code, current, tx))) return false;
      if (!current.emailVerifiedAt) await this.owners.takeOver(current, client, tx);
      return true;
    };
    const proof = { method: 'email', reason: 'email', provesEmail: true, hold } as const;
    const tokens = await this.signIns.prove(user, proof, client);
    // The code was used at the same time, or has ended with a change of the account.
    if (!tokens) throw new InvalidSignInError();
    return tokens;
  }
}
