import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { Client } from '../../access/client.decorator.js';
import type { SignInMethod } from '../../access/sign-in-methods.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { requiresFactor } from '../../settings/second-factor-settings.js';
import { type FactorType, factorTypes } from '../../users/fields/factor-types.js';
import type { User } from '../../users/user.entity.js';
import { type FactorChange, FactorConsequences } from './factor-consequences.js';
import { FactorRequiredByRoleError } from './factors.errors.js';
import type { VerifiedAssertion } from './passkeys/ceremonies.js';
import { PasskeyFactor, type PasskeyUse } from './passkeys/passkey-factor.js';
import { PasskeysService } from './passkeys/passkeys.service.js';
import type { Assertion } from './passkeys/webauthn/responses.js';
import { type FoundFactors, RecoveryCodesService } from './recovery-codes/recovery-codes.service.js';
import { TotpService } from './totp/totp.service.js';

/** Proof of a second factor as the client sends it: exactly one. */
export type GivenProof = { totpCode: string } | { recoveryCode: string } | { passkey: Assertion };

/** Proof of a second factor. The signature of a passkey was verified; `null` if it is invalid. */
export type FactorProof =
  { totpCode: string } | { recoveryCode: string } | { passkey: VerifiedAssertion | null };

/** Name of what a sign-in can ask for, as clients see it. A recovery code stands in for a factor, and is none. */
export type FactorName = FactorType | 'recovery_code';

/** Returns the name of a proof. */
export function nameOf(proof: GivenProof): FactorName {
  if ('totpCode' in proof) return 'totp';
  return 'passkey' in proof ? 'passkey' : 'recovery_code';
}

/** Returns the names of the factors that were found. Recovery codes alone are leftovers. */
export function namesIn(found: FoundFactors): FactorName[] {
  const names: FactorName[] = factorTypes.filter((type) => found[type]);
  return names.length > 0 && found.recovery_code ? [...names, 'recovery_code'] : names;
}

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
    if (!this.areAsked) return [];
    // Passkeys count also while they are off: a change of the settings must not lower the protection of an account.
    return namesIn(await this.codes.findBesideFactors(userId, tx));
  }

  /** Whether sign-ins ask for factors. */
  get areAsked(): boolean {
    return this.settings.features.secondFactor;
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

  /** Returns whether users with a role must have a second factor. */
  isRequired(role: string): boolean {
    return requiresFactor(role, this.settings);
  }

  /** Returns the types of factors that users can add. */
  get addable(): FactorType[] {
    return this.settings.passkeys ? [...factorTypes] : ['totp'];
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
   * Deletes the recovery codes after the last factor was removed. Also while second factors are off, so that none is left
   * over when they are on again.
   *
   * @param options.isOwn - Whether the user has removed it. Admins may remove a factor that the role requires: the user
   *   adds another at the next sign-in.
   * @throws {FactorRequiredByRoleError} if the role of the user requires a factor, and none is left.
   */
  async settleRemoval({ id, role }: User, { isOwn }: { isOwn: boolean }, tx: EntityManager): Promise<void> {
    if ((await this.totps.find(id, tx)) || (await this.passkeys.has(id, tx))) return;
    if (isOwn && this.isRequired(role)) throw new FactorRequiredByRoleError();
    await this.codes.removeAll(id, tx);
  }

  /**
   * Removes all factors of a user, with the consequences of a reset. Recovery codes go too: alone they would ask for a factor
   * that nobody can give.
   *
   * @param tx - Transaction that has locked the account's row.
   * @param since - Keeps the factors and codes of before. Default: keeps none.
   */
  async removeAll(change: FactorChange, tx: EntityManager, since?: Date): Promise<void> {
    const { user } = change;
    const totp = await this.totps.remove(user.id, tx, since);
    const passkeys = await this.passkeys.removeAll(user.id, tx, since);
    await this.codes.removeAll(user.id, tx, since);
    if (!totp && passkeys.length === 0) return;
    await this.settleRemoval(user, { isOwn: false }, tx);
    await this.consequences.reset({ totp, passkeys }, change, tx);
  }
}
