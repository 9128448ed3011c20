import { Injectable, Logger } from '@nestjs/common';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { EntityManager } from 'typeorm';
import { parse } from 'uuid';
import { NotFoundError } from '../../../http/problem/problem.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import type { RelyingParty } from '../../../settings/passkey-settings.js';
import type { User } from '../../../users/user.entity.js';
import { Challenges, type ChallengeUse, ttlOf, type ValidChallenge } from './challenges.js';
import type { Passkey } from './passkey.entity.js';
import { ChallengeExpiredError, InvalidPasskeyError, UnknownPasskeyError } from './passkeys.errors.js';
import { PasskeysService } from './passkeys.service.js';
import { ALGORITHMS } from './webauthn/algorithms.js';
import { readChallenge } from './webauthn/client-data.js';
import { PasskeyRefusal } from './webauthn/passkey-refusal.js';
import type { Assertion, Registration } from './webauthn/responses.js';
import type { SignedState } from './webauthn/verify-assertion.js';
import type { NewCredential } from './webauthn/verify-registration.js';

/** Whether a PIN or biometrics must be asked for. What the options ask for is what is verified. */
export interface UserVerification {
  readonly userVerified: boolean;
}

/** New passkey that was verified, until its challenge is used up. */
export interface VerifiedRegistration {
  readonly credential: NewCredential;
  readonly challenge: ValidChallenge;
}

/** Signature of a passkey that was verified, until it is recorded with {@link Ceremonies.record}. */
export interface VerifiedAssertion {
  /** With its user, who may be deactivated. */
  readonly passkey: Passkey;
  readonly state: SignedState;
  readonly challenge: ValidChallenge;
}

/** The two ceremonies of WebAuthn Level 3: registration (7.1) and authentication (7.2) of passkeys. */
@Injectable()
export class Ceremonies {
  private readonly logger = new Logger('Passkeys');

  constructor(
    private readonly passkeys: PasskeysService,
    private readonly challenges: Challenges,
    private readonly settings: AuthSettings,
  ) {}

  /** @throws {NotFoundError} if browsers would refuse passkeys at the public URL. */
  get relyingParty(): RelyingParty {
    const { passkeys } = this.settings;
    if (!passkeys) throw new NotFoundError();
    return passkeys;
  }

  /** Returns the options with which a browser creates a passkey for a user. */
  async creationOptions(
    user: Pick<User, 'id' | 'username' | 'fullName'>,
    use: ChallengeUse,
    { userVerified }: UserVerification,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const known = await this.passkeys.allOf(user.id);
    return {
      rp: { id: this.relyingParty.id, name: this.settings.mail.productName },
      user: {
        id: userHandleOf(user.id),
        name: user.username,
        displayName: user.fullName ?? user.username,
      },
      challenge: this.challenges.issue(use),
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: ttlOf(use) * 1000,
      excludeCredentials: known.map(descriptorOf),
      authenticatorSelection: {
        residentKey: 'preferred',
        requireResidentKey: false,
        userVerification: userVerified ? 'required' : 'preferred',
      },
      attestation: 'none',
      // Makes the browser tell whether the authenticator finds the passkey without its id.
      extensions: { credProps: true },
    };
  }

  /**
   * Returns the options with which a browser asks for a passkey.
   *
   * @param owner - User whose passkeys the browser offers. Default: all that it finds for this site.
   */
  async requestOptions(
    use: ChallengeUse,
    { userVerified, owner, tx }: UserVerification & { owner?: string; tx?: EntityManager },
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const known = owner === undefined ? [] : await this.passkeys.allOf(owner, tx);
    return {
      challenge: this.challenges.issue(use),
      timeout: ttlOf(use) * 1000,
      rpId: this.relyingParty.id,
      ...(owner !== undefined && { allowCredentials: known.map(descriptorOf) }),
      userVerification: userVerified ? 'required' : 'preferred',
    };
  }

  /**
   * Verifies a new passkey.
   *
   * @throws {ChallengeExpiredError} if its challenge expired, or was not issued for this use.
   * @throws {PasskeyRefusal} if it is invalid.
   */
  async verifyNew(
    registration: Registration,
    use: ChallengeUse,
    verification: UserVerification,
  ): Promise<VerifiedRegistration> {
    const issued = readChallenge(registration.clientDataJSON);
    const challenge = this.challenges.check(issued, use);
    if (!challenge) throw new ChallengeExpiredError();
    // Here and below: the library takes 4 MB of memory, which only those need who verify passkeys.
    const { verifyRegistration } = await import('./webauthn/verify-registration.js');
    const credential = await verifyRegistration(registration, issued, this.relyingParty, verification);
    return { credential, challenge };
  }

  /**
   * Uses up the challenge of a new passkey, in the transaction that adds it.
   *
   * @returns whether this is its first use.
   */
  useChallenge(challenge: ValidChallenge, tx: EntityManager): Promise<boolean> {
    return this.challenges.use(challenge, tx);
  }

  /**
   * Verifies the signature of a passkey.
   *
   * @param owner - User whose passkey it has to be. Default: any, and the authenticator must name the user.
   * @throws {UnknownPasskeyError} if there is no passkey with its credential id.
   * @throws {InvalidPasskeyError} for every other reason; the log has the reason.
   */
  async verify(
    assertion: Assertion,
    use: ChallengeUse,
    { owner, ...verification }: UserVerification & { owner?: string },
  ): Promise<VerifiedAssertion> {
    try {
      const issued = readChallenge(assertion.clientDataJSON);
      const challenge = this.challenges.check(issued, use);
      if (!challenge) throw new PasskeyRefusal('its challenge has expired, or was issued for something else');
      const passkey = await this.passkeys.findByCredential(Buffer.from(assertion.id, 'base64url'));
      if (!passkey || (owner !== undefined && passkey.userId !== owner)) throw new UnknownPasskeyError();
      if (assertion.userHandle === null && owner === undefined) throw new PasskeyRefusal('it names no user');
      if (assertion.userHandle !== null && assertion.userHandle !== userHandleOf(passkey.userId))
        throw new PasskeyRefusal('it names another user');
      const { publicKey } = passkey;
      const { verifyAssertion } = await import('./webauthn/verify-assertion.js');
      const state = await verifyAssertion(assertion, issued, publicKey, this.relyingParty, verification);
      if (state.backupEligible !== passkey.backupEligible)
        throw new PasskeyRefusal('whether it can be synced has changed');
      // An account that was deleted looks like any other refusal: it may be restored, so its passkeys are not forgotten.
      if (passkey.user.deletedAt) throw new PasskeyRefusal('its account was deleted');
      return { passkey, state, challenge };
    } catch (error) {
      if (!(error instanceof PasskeyRefusal)) throw error;
      this.logger.log(`A passkey was refused: ${error.message}`);
      throw new InvalidPasskeyError();
    }
  }

  /**
   * Records the use of a passkey, in the transaction that starts or renews the session.
   *
   * @returns whether it still holds: one of several concurrent uses of a signature does, none if the passkey was removed.
   */
  async record({ passkey, state, challenge }: VerifiedAssertion, tx: EntityManager): Promise<boolean> {
    return (
      (await this.challenges.use(challenge, tx)) && (await this.passkeys.recordUse(passkey.id, state, tx))
    );
  }
}

/**
 * Returns whether a passkey seems to exist twice: its counter did not rise, although it cannot be synced (WebAuthn Level 3,
 * 6.1.1).
 */
export function seemsCopied({ passkey, state }: VerifiedAssertion): boolean {
  const counts = state.signCount > 0 || passkey.signCount > 0;
  return counts && !passkey.backupEligible && state.signCount <= passkey.signCount;
}

/** Returns the method of a passkey (RFC 8176, 2): the key of a synced one is not bound to hardware. */
export function methodOf({ backupEligible }: Pick<Passkey, 'backupEligible'>): 'swk' | 'hwk' {
  return backupEligible ? 'swk' : 'hwk';
}

/** Returns the id of a user as authenticators store it: its 16 bytes, base64url. It says nothing about the person. */
export function userHandleOf(userId: string): string {
  return Buffer.from(parse(userId)).toString('base64url');
}

/** Describes a passkey for options: with its transports, browsers offer the right device at once. */
function descriptorOf({ credentialId, transports }: Passkey) {
  return {
    id: credentialId.toString('base64url'),
    type: 'public-key' as const,
    transports: transports as AuthenticatorTransport[],
  };
}

/** Transport of WebAuthn Level 3, 5.8.4. */
type AuthenticatorTransport = 'ble' | 'hybrid' | 'internal' | 'nfc' | 'smart-card' | 'usb';
