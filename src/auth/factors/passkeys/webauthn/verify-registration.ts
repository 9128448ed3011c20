import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers';
import { errorText } from '../../../../http/problem/error-text.js';
import type { RelyingParty } from '../../../../settings/passkey-settings.js';
import { PasskeyRefusal } from './passkey-refusal.js';
import { ALGORITHMS } from './algorithms.js';
import { assertUsableKey } from './public-key.js';
import type { Registration } from './responses.js';

/** New passkey, as its authenticator describes it. */
export interface NewCredential {
  readonly credentialId: Buffer;
  /** In COSE format (RFC 9052, 7). */
  readonly publicKey: Buffer;
  /** Domain that it is bound to. */
  readonly rpId: string;
  readonly signCount: number;
  /** Whether the user was verified, by a PIN or biometrics. */
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  /** Model of the authenticator; all zeros if it does not tell. */
  readonly aaguid: string;
}

/**
 * Verifies a new passkey (WebAuthn Level 3, 7.1), except the holder of the challenge.
 *
 * @param challenge - Issued challenge that the response has to contain, base64url.
 * @param options.userVerified - Whether the user must have been verified.
 * @throws {PasskeyRefusal} for every reason, including errors of the library.
 */
export async function verifyRegistration(
  registration: Registration,
  challenge: string,
  { id: expectedRPID, origins }: RelyingParty,
  { userVerified }: { userVerified: boolean },
): Promise<NewCredential> {
  const { id, clientDataJSON } = registration;
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: { clientDataJSON, attestationObject: withoutAttestation(registration.attestationObject) },
      },
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID,
      requireUserVerification: userVerified,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    if (!registrationInfo) throw new PasskeyRefusal('it was not verified');
    const { credential } = registrationInfo;
    // The authenticator signs neither id, so they can differ.
    if (credential.id !== id) throw new PasskeyRefusal('it contains two credential ids');
    assertUsableKey(credential.publicKey);
    return {
      credentialId: Buffer.from(id, 'base64url'),
      publicKey: Buffer.from(credential.publicKey),
      rpId: expectedRPID,
      signCount: credential.counter,
      userVerified: registrationInfo.userVerified,
      backupEligible: registrationInfo.credentialDeviceType === 'multiDevice',
      backedUp: registrationInfo.credentialBackedUp,
      aaguid: registrationInfo.aaguid,
    };
  } catch (error) {
    throw error instanceof PasskeyRefusal ? error : new PasskeyRefusal(errorText(error), { cause: error });
  }
}

/**
 * Removes the attestation statement, which was not asked for: some authenticators send one anyway. Nothing depends on it,
 * so no certificate of a stranger is parsed.
 */
function withoutAttestation(encoded: string): string {
  const authData = decodeAttestationObject(Buffer.from(encoded, 'base64url')).get('authData');
  const entries: [string, string | Uint8Array | Map<string, string>][] = [
    ['fmt', 'none'],
    ['attStmt', new Map<string, string>()],
    ['authData', authData],
  ];
  return Buffer.from(isoCBOR.encode(new Map(entries))).toString('base64url');
}
