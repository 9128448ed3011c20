import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { EntityManager } from 'typeorm';
import { factorsOf } from '../../../access/sign-in-methods.js';
import type { User } from '../../../users/user.entity.js';
import type { FactorType } from '../../../users/fields/factor-types.js';
import { FactorsService, type FactorName, namesIn } from '../../factors/factors.service.js';
import { methodsOf, type Proof } from '../proof.js';
import { passkeyUseOf, PendingSignIns } from './pending-sign-ins.js';

/** Next step of a sign-in that needs another proof. */
export interface NextStep {
  token: string;
  /** Factors of which one is needed. Empty: the user has to add one. */
  factors: FactorName[];
  /** Types of factors of which one can be added. */
  addable: FactorType[];
  /** Options of WebAuthn, if one of the factors is a passkey. */
  passkeyOptions?: PublicKeyCredentialRequestOptionsJSON;
}

/**
 * Decides whether the proofs of a sign-in are enough for its account. All ways in are asked here, so that none can skip the
 * second factor.
 */
@Injectable()
export class SignInSteps {
  constructor(
    private readonly factors: FactorsService,
    private readonly pending: PendingSignIns,
  ) {}

  /**
   * Finds the next step, and stores the sign-in for it.
   *
   * @param tx - Transaction that has locked the account's row, so that a factor is added either before, and needed here,
   *   or afterwards, and then ends the session that starts now.
   * @returns `null` if the proof is enough.
   */
  async findNext(user: User, { sessionId, ...proof }: Proof, tx: EntityManager): Promise<NextStep | null> {
    const methods = methodsOf(proof);
    if (factorsOf(methods) === 2 || !this.factors.areAsked) return null;
    const isRequired = this.factors.isRequired(user.role);
    const start = { userId: user.id, methods, sessionId: sessionId ?? null };
    const { token, found } = await this.pending.openIfNeeded(start, { isRequired }, tx);
    const factors = namesIn(found);
    if (factors.length === 0 && !isRequired) return null;
    const passkeyOptions = factors.includes('passkey')
      ? await this.factors.passkeyOptions(user.id, passkeyUseOf('second', token), tx)
      : undefined;
    return { token, factors, passkeyOptions, addable: this.factors.addable };
  }
}
