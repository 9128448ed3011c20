import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SessionHolder } from '../../access/principal.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import type { User } from '../../users/user.entity.js';
import { FactorAttemptsService } from '../factors/factor-attempts.service.js';
import { InvalidProofError } from '../factors/factors.errors.js';
import { FactorsService, type GivenProof, nameOf } from '../factors/factors.service.js';

/** Confirms the identity of signed-in users with the code of a second factor. */
@Injectable()
export class CodeConfirmationService {
  constructor(
    private readonly attempts: SignInAttemptsService,
    private readonly factorAttempts: FactorAttemptsService,
    private readonly factors: FactorsService,
  ) {}

  /**
   * Uses a code, once. Wrong ones are counted for the session and for the account.
   *
   * @param then - Acts on it in the same transaction.
   * @throws {InvalidProofError} if the code is wrong.
   * @throws {TooManyRequestsError} if the session or the account has to wait.
   */
  async confirm<T>(
    { userId, sessionId }: SessionHolder,
    given: GivenProof,
    client: Client,
    then: (method: SignInMethod, tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    const proof = await this.factors.prepare(given, userId, { purpose: 'reauth', holder: sessionId }, client);
    const use = async (user: User, tx: EntityManager) => {
      const method = await this.factors.use(user, proof, client, tx);
      return method && { result: await then(method, tx) };
    };
    const attempt = { userId, actorId: userId, factor: nameOf(given), client, isAfterPassword: false, use };
    const { used, matches } = await this.attempts.checkAgain(
      { userId, sessionId, client },
      async (isDisabled) => {
        if (isDisabled) return { used: null, matches: false };
        const used = await this.factorAttempts.take(attempt).catch((error: unknown) => {
          if (error instanceof InvalidProofError) return null;
          throw error;
        });
        return { used, matches: used !== null };
      },
    );
    if (!matches || !used) throw new InvalidProofError();
    return used.result;
  }
}
