import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import { FactorConsequences } from './factor-consequences.js';
import { RecoveryCodesService } from './recovery-codes/recovery-codes.service.js';
import { TotpService } from './totp/totp.service.js';

/** Proof of a second factor: exactly one code. */
export type FactorProof = { totpCode: string } | { recoveryCode: string };

/** Name of a second factor, as clients see it. */
export type FactorName = 'totp' | 'recovery_code';

/** Second factors of accounts, for sign-ins. */
@Injectable()
export class FactorsService {
  constructor(
    private readonly totps: TotpService,
    private readonly codes: RecoveryCodesService,
    private readonly consequences: FactorConsequences,
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
   * Uses a code, once, in the transaction that acts on it. A used recovery code is reported to its owner.
   *
   * @returns the verified method; `null` if the code is wrong or was used before.
   */
  async use(user: User, proof: FactorProof, client: Client, tx: EntityManager): Promise<SignInMethod | null> {
    if ('totpCode' in proof) return (await this.totps.use(user.id, proof.totpCode, tx)) ? 'otp' : null;
    // Recovery codes stand in for a factor. Without one they are leftovers, and worth nothing.
    if (!(await this.totps.find(user.id, tx))) return null;
    if (!(await this.codes.use(user.id, proof.recoveryCode, tx))) return null;
    const left = await this.codes.left(user.id, tx);
    await this.consequences.codeUsed(left, { user, actorId: user.id, client }, tx);
    return 'recovery';
  }
}
