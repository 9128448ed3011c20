import { Problem } from '../../../http/problem/problem.js';
import type { OfferedProofs } from './deciding/account-proofs.js';
import { IDENTITY_SIGN_IN_TTL } from '../../providers/waiting/identity-sign-ins.js';

/** Something that a new account needs. */
export type AccountNeed = 'username' | 'email';

/**
 * An account has the email address of the identity, and its user has to confirm it. The token is kept from logs, so it is
 * no field of the error.
 */
export class AccountLinkRequiredError extends Problem {
  readonly #token: string;

  /**
   * @param token - Sign-in token, with which the sign-in continues.
   * @param proofs - Proofs of which one is needed.
   * @param expiresIn - Seconds until the token expires.
   */
  constructor(
    token: string,
    private readonly proofs: OfferedProofs,
    private readonly expiresIn: number = IDENTITY_SIGN_IN_TTL,
  ) {
    super(
      403,
      'account-link-required',
      'There is an account with this email address. Prove once that it is yours to connect it.',
    );
    this.#token = token;
  }

  protected override members(): Record<string, unknown> {
    const { factors, passkeyOptions } = this.proofs;
    return {
      ...{ sign_in_token: this.#token, expires_in: this.expiresIn, factors },
      ...(passkeyOptions && { passkey_options: passkeyOptions }),
    };
  }
}

/** A new account needs more than the provider has said. */
export class RegistrationRequiredError extends Problem {
  readonly #token: string;

  /**
   * @param token - Sign-in token, with which the sign-in continues.
   * @param needs - Missing values.
   */
  constructor(
    token: string,
    private readonly needs: readonly AccountNeed[],
  ) {
    super(403, 'registration-required', 'Your new account needs more than the provider has told us.');
    this.#token = token;
  }

  protected override members(): Record<string, unknown> {
    return { sign_in_token: this.#token, expires_in: IDENTITY_SIGN_IN_TTL, needs: this.needs };
  }
}

/** There is no account for the identity, and nobody can create one here. */
export class RegistrationClosedError extends Problem {
  constructor() {
    super(403, 'registration-closed', 'There is no account for this identity, and registration is closed.');
  }
}
