import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { AuthSettings } from '../../../../settings/auth-settings.js';
import { PasswordHashes } from '../../../../users/password-hashes.js';
import { Ceremonies } from '../../../factors/passkeys/ceremonies.js';
import type { ChallengeUse } from '../../../factors/passkeys/challenges.js';
import { PasskeysService } from '../../../factors/passkeys/passkeys.service.js';
import { hashOf } from '../../../one-time-tokens/one-time-tokens.js';
import { IDENTITY_SIGN_IN_TTL } from '../../../providers/waiting/identity-sign-ins.js';
import type { Decision } from './who-it-is.js';

/** Proof of an account, as clients see it. */
export type AccountProof = 'password' | 'passkey' | 'email_code';

/** Proofs of an account of which one connects an identity to it. */
export interface OfferedProofs {
  readonly factors: readonly AccountProof[];
  /** Options of WebAuthn, if one of the proofs is a passkey. */
  readonly passkeyOptions?: PublicKeyCredentialRequestOptionsJSON;
}

/** Binds the challenge of a passkey to a sign-in with a provider, for as long as that can continue. */
export const linkingUseOf = (token: string): ChallengeUse => ({
  purpose: 'link',
  holder: hashOf(token).toString('hex'),
  ttl: IDENTITY_SIGN_IN_TTL,
});

/** Finds the proofs of an account. */
@Injectable()
export class AccountProofs {
  constructor(
    private readonly passwordHashes: PasswordHashes,
    private readonly passkeys: PasskeysService,
    private readonly ceremonies: Ceremonies,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Returns the proofs that connect an identity to an account.
   *
   * @param token - Sign-in token, which the options of a passkey are bound to.
   */
  async of({ user, proof }: Extract<Decision, { is: 'account' }>, token: string): Promise<OfferedProofs> {
    // A stranger may have registered with an address that was never verified, and knows the password.
    if (proof === 'mailbox') return { factors: ['email_code'] };
    const hasPassword = (await this.passwordHashes.find(user.id)) !== null;
    const passkeyOptions = await this.passkeyOptionsOf(user.id, token);
    const factors: AccountProof[] = ['email_code'];
    if (passkeyOptions) factors.unshift('passkey');
    if (hasPassword) factors.unshift('password');
    return { factors, passkeyOptions };
  }

  /** Returns the options for the passkeys of a user; `undefined` if there are none that verify their user. */
  private async passkeyOptionsOf(
    owner: string,
    token: string,
  ): Promise<PublicKeyCredentialRequestOptionsJSON | undefined> {
    if (this.settings.passkeys === null) return undefined;
    const all = await this.passkeys.allOf(owner);
    if (!all.some(({ uv }) => uv)) return undefined;
    // It proves the account by itself, so it has to ask for a PIN or biometrics.
    return this.ceremonies.requestOptions(linkingUseOf(token), { userVerified: true, owner });
  }
}
