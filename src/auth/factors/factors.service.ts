import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { RecoveryCodesService } from './recovery-codes/recovery-codes.service.js';
import { TotpService } from './totp/totp.service.js';

/** Proof of a second factor: exactly one code. */
export type FactorProof = { totpCode: string } | { recoveryCode: string };

/** Name of a second factor, as clients see it. */
export type FactorName = 'totp' | 'recovery_code';

/** Result of using a code. */
export interface UsedFactor {
  method: SignInMethod;
  /** Number of unused recovery codes; `null` if none was used. */
  codesLeft: number | null;
}

/** Second factors of accounts, for sign-ins. */
@Injectable()
export class FactorsService {
  constructor(
    private readonly totps: TotpService,
    private readonly codes: RecoveryCodesService,
    private readonly settings: AuthSettings,
  ) {}

  /** Returns the factors that a user can use. Empty if the user has none, or the feature is disabled. */
  async namesOf(userId: string, tx?: EntityManager): Promise<FactorName[]> {
    if (!this.settings.features.secondFactor || !(await this.totps.find(userId, tx))) return [];
    return (await this.codes.left(userId, tx)) > 0 ? ['totp', 'recovery_code'] : ['totp'];
  }

  /** Returns those of the users who have a second factor. */
  async holders(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.settings.features.secondFactor && userIds.length > 0
      ? this.totps.holders(userIds)
      : new Set();
  }

  /** Returns whether users with a role must have a second factor. */
  isRequired(role: string): boolean {
    const { features, secondFactor } = this.settings;
    return features.secondFactor && (secondFactor.required === 'all' || secondFactor.required.has(role));
  }

  /**
   * Uses a code, once, in the transaction that acts on it.
   *
   * @returns `null` if the code is wrong or was used before.
   */
  async use(userId: string, proof: FactorProof, tx: EntityManager): Promise<UsedFactor | null> {
    if ('totpCode' in proof)
      return (await this.totps.use(userId, proof.totpCode, tx)) ? { method: 'otp', codesLeft: null } : null;
    // Recovery codes stand in for a factor. Without one they are leftovers, and worth nothing.
    if (!(await this.totps.find(userId, tx))) return null;
    if (!(await this.codes.use(userId, proof.recoveryCode, tx))) return null;
    return { method: 'recovery', codesLeft: await this.codes.left(userId, tx) };
  }
}
