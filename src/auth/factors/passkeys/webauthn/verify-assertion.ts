import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { errorText } from '../../../../http/problem/error-text.js';
import type { RelyingParty } from '../../../../settings/passkey-settings.js';
import { PasskeyRefusal } from './passkey-refusal.js';
import type { Assertion } from './responses.js';

/** Signed statements of an authenticator about itself. */
export interface SignedState {
  readonly signCount: number;
  /** Whether the user was verified, by a PIN or biometrics. */
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/**
 * Verifies the signature of a passkey (WebAuthn Level 3, 7.2), except the holder of the
 * challenge, and the rules for counters and backups, which depend on the stored passkey.
 *
 * @param challenge - Issued challenge that the response has to contain, base64url.
 * @param publicKey - Stored key, in COSE format.
 * @param options.userVerified - Whether the user must have been verified.
 * @throws {PasskeyRefusal} for every reason, including errors of the library.
 */
export async function verifyAssertion(
  { id, clientDataJSON, authenticatorData, signature }: Assertion,
  challenge: string,
  publicKey: Buffer,
  { id: expectedRPID, origins }: RelyingParty,
  { userVerified }: { userVerified: boolean },
): Promise<SignedState> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID,
      requireUserVerification: userVerified,
      // Its rule for counters does not distinguish synced passkeys, so ours is applied afterwards.
      credential: { id, publicKey: Uint8Array.from(publicKey), counter: 0 },
    });
    if (!verified) throw new PasskeyRefusal('its signature is wrong');
    return {
      signCount: authenticationInfo.newCounter,
      userVerified: authenticationInfo.userVerified,
      backupEligible: authenticationInfo.credentialDeviceType === 'multiDevice',
      backedUp: authenticationInfo.credentialBackedUp,
    };
  } catch (error) {
    throw error instanceof PasskeyRefusal ? error : new PasskeyRefusal(errorText(error), { cause: error });
  }
}
