import type { AuthSettings } from '../settings/auth-settings.js';
import { checkedSecret } from '../settings/secrets/checked-secret.js';
import { isGuessableSecret } from '../settings/secrets/guessable-secret.js';

const DAY = 24 * 60 * 60;
/** Maximum time in seconds for which tokens of the FastAPI service can be accepted. */
const LEGACY_WINDOW = 30 * DAY;

/** Options of a host for users of a FastAPI service. */
export interface FastapiOptions {
  /** Accepts tokens of the FastAPI service for imported users, for a limited time. Default: none are accepted. */
  legacyTokens?: LegacyTokenOptions;
}

/** Acceptance of tokens of the FastAPI service after the migration, so that no user has to sign in again. */
export interface LegacyTokenOptions {
  /** `SECRET_KEY` of the FastAPI service; at least 32 bytes in UTF-8. */
  secretKey: string;
  /** Time from which the tokens are rejected: at most 30 days from now. A time in the past disables them. */
  until: Date;
}

/** Validated options of a host. {@link FastapiOptions} describes them. */
export class FastapiSettings {
  /** `undefined`: no tokens are accepted. */
  readonly legacyTokens: LegacyTokenOptions | undefined;
  /** Whether the key is an example or repetitive, which causes a warning. */
  readonly secretIsGuessable: boolean;

  /** @throws {RangeError} with the name of an invalid option and its valid values, but never its value. */
  constructor({ legacyTokens }: FastapiOptions, auth: AuthSettings) {
    this.legacyTokens = legacyTokens && checked(legacyTokens, auth);
    this.secretIsGuessable = legacyTokens !== undefined && isGuessableSecret(legacyTokens.secretKey);
  }
}

function checked({ secretKey, until }: LegacyTokenOptions, auth: AuthSettings): LegacyTokenOptions {
  checkedSecret('legacyTokens.secretKey', secretKey, auth);
  const left = until instanceof Date ? until.getTime() - Date.now() : NaN;
  if (!(left <= LEGACY_WINDOW * 1000))
    throw new RangeError('legacyTokens.until must be a time at most 30 days from now');
  // A used refresh token is recognized by its session, which must exist as long as the token is valid.
  if (auth.sessionMaxTtl < 7 * DAY)
    throw new RangeError('sessionMaxTtl must be at least 7 days (604800) for legacyTokens');
  return { secretKey, until };
}
