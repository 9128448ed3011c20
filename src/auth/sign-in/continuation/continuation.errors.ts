import { Problem } from '../../../http/problem/problem.js';
import { type FactorType, factorTypes } from '../../../users/fields/factor-types.js';
import type { FactorName } from '../../factors/factors.service.js';
import { SIGN_IN_TTL } from './pending-sign-ins.js';

/** A second factor is needed to sign in. The token is kept from logs, so it is no field of the error. */
export class FactorRequiredError extends Problem {
  readonly #token: string;

  /**
   * @param token - Sign-in token, with which the sign-in continues.
   * @param factors - Factors of which one is needed.
   * @param details.expiresIn - Seconds until the token expires.
   * @param details.passkeyOptions - Options of WebAuthn, if one of the factors is a passkey.
   */
  constructor(
    token: string,
    private readonly factors: readonly FactorName[],
    private readonly details: { expiresIn?: number; passkeyOptions?: object } = {},
  ) {
    super(
      403,
      'factor-required',
      'A second factor is needed to sign in. Send its code to /auth/login/continue, or as totp_code with your password.',
    );
    this.#token = token;
  }

  /** Sign-in token. */
  signInToken(): string {
    return this.#token;
  }

  protected override members(): Record<string, unknown> {
    const { expiresIn = SIGN_IN_TTL, passkeyOptions } = this.details;
    return {
      ...{ sign_in_token: this.#token, expires_in: expiresIn, factors: this.factors },
      ...(passkeyOptions && { passkey_options: passkeyOptions }),
    };
  }
}

/** The role requires a second factor, and the user has none yet. */
export class FactorEnrolmentRequiredError extends Problem {
  readonly #token: string;

  /**
   * @param token - Sign-in token, with which a factor is added.
   * @param addable - Types of factors of which one can be added.
   */
  constructor(
    token: string,
    private readonly addable: readonly FactorType[] = factorTypes,
  ) {
    super(403, 'factor-enrolment-required', 'Your role requires a second factor. Add one to sign in.');
    this.#token = token;
  }

  /** Sign-in token. */
  signInToken(): string {
    return this.#token;
  }

  protected override members(): Record<string, unknown> {
    return { sign_in_token: this.#token, expires_in: SIGN_IN_TTL, enrol: this.addable };
  }
}

/** The sign-in token is unknown, expired, used, or was tried too often; the error does not reveal which. */
export class InvalidSignInError extends Problem {
  constructor() {
    super(401, 'invalid-sign-in', 'This sign-in has expired or was already used. Sign in again.');
  }
}
