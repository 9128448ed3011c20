import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import type { SignInMethod } from '../../../access/sign-in-methods.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { Ceremonies, methodOf, type VerifiedAssertion } from './ceremonies.js';
import type { ChallengeUse } from './challenges.js';
import { PasskeyProofsService } from './passkey-proofs.service.js';
import { InvalidPasskeyError, UnknownPasskeyError } from './passkeys.errors.js';
import { PasskeysService } from './passkeys.service.js';
import type { Assertion } from './webauthn/responses.js';

/** Sign-in or session that asks for a passkey. */
export type PasskeyUse = ChallengeUse & { readonly purpose: 'second' | 'reauth'; readonly holder: string };

/**
 * Passkeys in the role of a second factor, of a user who is known already. The key of a device that was only touched is
 * enough here, since another factor was verified before (NIST SP 800-63B-4, 2.2.1).
 */
@Injectable()
export class PasskeyFactor {
  constructor(
    private readonly passkeys: PasskeysService,
    private readonly proofs: PasskeyProofsService,
    private readonly ceremonies: Ceremonies,
    private readonly settings: AuthSettings,
  ) {}

  /** Returns the options with which a browser asks for one of a user's passkeys; `undefined` if there are none. */
  async options(
    owner: string,
    use: PasskeyUse,
    tx?: EntityManager,
  ): Promise<PublicKeyCredentialRequestOptionsJSON | undefined> {
    const isPossible = this.settings.passkeys !== null && (await this.passkeys.has(owner, tx));
    return isPossible ? this.ceremonies.requestOptions(use, { userVerified: false, owner, tx }) : undefined;
  }

  /**
   * Verifies a signature, before the transaction that uses it: a connection to the database must not wait for that.
   *
   * @param owner - User who has to own the passkey.
   * @returns `null` if it is invalid, which callers count like a wrong code.
   */
  async verify(
    assertion: Assertion,
    owner: string,
    use: PasskeyUse,
    client: Client,
  ): Promise<VerifiedAssertion | null> {
    try {
      return await this.proofs.verify(assertion, use, { userVerified: false, owner }, client);
    } catch (error) {
      if (error instanceof InvalidPasskeyError || error instanceof UnknownPasskeyError) return null;
      throw error;
    }
  }

  /**
   * Uses a verified signature, once, in the transaction that acts on it.
   *
   * @returns the method; `null` if it was used before, or its passkey was
   *   removed.
   */
  async use(verified: VerifiedAssertion, tx: EntityManager): Promise<SignInMethod | null> {
    if (!(await this.ceremonies.record(verified, tx))) return null;
    return methodOf(verified.passkey);
  }
}
