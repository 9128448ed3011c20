import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { Client } from '../../access/client.decorator.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { FactorConsequences } from './factor-consequences.js';
import { FactorRequiredByRoleError } from './factors.errors.js';
import type { FactorType } from './factor-events.js';
import type { VerifiedAssertion } from './passkeys/ceremonies.js';
import { PasskeyFactor, type PasskeyUse } from './passkeys/passkey-factor.js';
import { PasskeysService } from './passkeys/passkeys.service.js';
import type { Assertion } from './passkeys/webauthn/responses.js';
import { RecoveryCodesService } from './recovery-codes/recovery-codes.service.js';
import { TotpService } from './totp/totp.service.js';

/** Proof of a second factor as the client sends it: exactly one. */
export type GivenProof = { totpCode: string } | { recoveryCode: string } | { passkey: Assertion };

/** Proof of a second factor. The signature of a passkey was verified; `null` if it is invalid. */
export type FactorProof =
  { totpCode: string } | { recoveryCode: string } | { passkey: VerifiedAssertion | null };

/** Name of a second factor, as clients see it. */
export type FactorName = 'totp' | 'passkey' | 'recovery_code';

/** Second factors of accounts, for sign-ins. */
@Injectable()
export class FactorsService {
  constructor(
    private readonly totps: TotpService,
    private readonly codes: RecoveryCodesService,
    private readonly passkeys: PasskeysService,
    private readonly passkeyFactor: PasskeyFactor,
    private readonly consequences: FactorConsequences,
    private readonly settings: AuthSettings,
  ) {}

  /** Returns the factors that a user can use. Empty if the user has none, or the feature is disabled. */
  async namesOf(userId: string, tx?: EntityManager): Promise<FactorName[]> {
    if (!this.settings.features.secondFactor) return [];
    const names: FactorName[] = [];
    if (await this.totps.find(userId, tx)) names.push('totp');
    // Also while passkeys are off: a change of the settings must not lower the protection of an account.
    if (await this.passkeys.has(userId, tx)) names.push('passkey');
    if (names.length > 0 && (await this.codes.left(userId, tx)) > 0) names.push('recovery_code');
    return names;
  }

  /** Returns the options for one of a user's passkeys; `undefined` if there are none. See {@link PasskeyFactor.options}. */
  passkeyOptions(
    owner: string,
    use: PasskeyUse,
    tx?: EntityManager,
  ): Promise<PublicKeyCredentialRequestOptionsJSON | undefined> {
    return this.passkeyFactor.options(owner, use, tx);
  }

  /**
   * Verifies the signature of a passkey before the transaction that uses it. Other proofs are returned as they are.
   *
   * @param owner - User who has to own it.
   */
  async prepare(given: GivenProof, owner: string, use: PasskeyUse, client: Client): Promise<FactorProof> {
    if (!('passkey' in given)) return given;
    return { passkey: await this.passkeyFactor.verify(given.passkey, owner, use, client) };
  }

  /** Returns those of the users who have a second factor. */
  async holders(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (!this.settings.features.secondFactor || userIds.length === 0) return new Set();
    return new Set([...(await this.totps.holders(userIds)), ...(await this.passkeys.holders(userIds))]);
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
    if ('passkey' in proof) return proof.passkey && this.passkeyFactor.use(proof.passkey, tx);
    // Recovery codes stand in for a factor. Without one they are leftovers, and worth nothing.
    if ((await this.namesOf(user.id, tx)).length === 0) return null;
    if (!(await this.codes.use(user.id, proof.recoveryCode, tx))) return null;
    const left = await this.codes.left(user.id, tx);
    await this.consequences.codeUsed(left, { user, actorId: user.id, client }, tx);
    return 'recovery';
  }

  /**
   * Creates recovery codes with the first factor of a user.
   *
   * @returns the codes; empty if the user has some, or the feature is disabled.
   */
  async makeFirstCodes(userId: string, tx: EntityManager): Promise<string[]> {
    if (!this.settings.features.secondFactor || (await this.codes.left(userId, tx)) > 0) return [];
    return this.codes.make(userId, tx);
  }

  /**
   * Deletes the recovery codes after the last factor was removed.
   *
   * @throws {FactorRequiredByRoleError} if the role of the user requires a factor, and none is left.
   */
  async settleRemoval({ id, role }: User, tx: EntityManager): Promise<void> {
    if ((await this.namesOf(id, tx)).length > 0) return;
    if (this.isRequired(role)) throw new FactorRequiredByRoleError();
    await this.codes.removeAll(id, tx);
  }

  /** Removes all factors of a user, and the recovery codes. Returns the types that there were. */
  async clear(userId: string, tx: EntityManager): Promise<FactorType[]> {
    const removed: FactorType[] = [];
    if (await this.totps.remove(userId, tx)) removed.push('totp');
    if (await this.passkeys.removeAll(userId, tx)) removed.push('passkey');
    await this.codes.removeAll(userId, tx);
    return removed;
  }
}
