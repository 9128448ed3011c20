import { Injectable } from '@nestjs/common';
import { Secret, TOTP } from 'otpauth/bare';
import { renderSVG } from 'uqr';
import { deriveKeys, type Keys } from '../../../keys/derived-keys.js';
import { sha1MacOf } from '../../../keys/mac.js';
import { reseal, seal, sealedBy, unseal } from '../../../keys/seal.js';
import { AuthSettings } from '../../../settings/auth-settings.js';

/** Bytes of a secret, as RFC 4226 (4, R6) recommends. */
const SECRET_BYTES = 20;
/** Seconds for which an app shows a code. */
const PERIOD = 30;

/** The parameters that all apps support. Some ignore others, and would show wrong codes. */
const PARAMETERS = { algorithm: 'SHA1', digits: 6, period: PERIOD } as const;
const hmac = (_algorithm: string, key: Uint8Array, message: Uint8Array): Uint8Array =>
  sha1MacOf(message, key);

/** Secret for an authenticator app, as text, as a URI and as a QR code of the URI. */
export interface TotpSetup {
  /** In Base32. */
  secret: string;
  uri: string;
  /** An SVG image. */
  qrSvg: string;
}

/** Creates and encrypts the secrets of authenticator apps, and finds the time step of a code (RFC 6238). */
@Injectable()
export class TotpCodes {
  private readonly keys: Keys;

  constructor(private readonly settings: AuthSettings) {
    this.keys = deriveKeys(settings, 'astra totp v1');
  }

  /**
   * Creates a secret.
   *
   * @param account - Name of the account, as the app shows it.
   */
  create(account: string): TotpSetup {
    const secret = new Secret({ size: SECRET_BYTES });
    const uri = new TOTP({
      ...PARAMETERS,
      secret,
      hmac,
      issuer: this.settings.secondFactor.issuer,
      label: account,
    }).toString();
    return { secret: secret.base32, uri, qrSvg: renderSVG(uri) };
  }

  /** Encrypts a secret for the factor of this id. */
  seal(secret: string, id: string): string {
    return seal(secret, id, this.keys);
  }

  /**
   * Finds the time step of a code: the current one, or the one before or after it (RFC 6238, 5.2).
   *
   * @param at - Current time in ms since 1970.
   * @returns `null` if the code belongs to none of them.
   */
  stepOf(code: string, sealed: string, id: string, at: number): number | null {
    const secret = unseal(sealed, id, this.keys);
    if (secret === null) return null;
    const options = {
      token: code,
      secret: Secret.fromBase32(secret),
      ...PARAMETERS,
      hmac,
      timestamp: at,
      window: 1,
    };
    const delta = TOTP.validate(options);
    return delta === null ? null : Math.floor(at / 1_000 / PERIOD) + delta;
  }

  /** Encrypts a secret again if it was encrypted under a previous secret key; `null` if that is not needed. */
  reseal(sealed: string, id: string): string | null {
    return reseal(sealed, id, this.keys);
  }

  /** Finds the secret key under which a secret was encrypted. */
  keyOf(sealed: string, id: string): 'present' | 'previous' | 'none' {
    return sealedBy(sealed, id, this.keys);
  }
}
