import type { AuthSettings } from '../settings/auth-settings.js';
import { checkedSecret } from '../settings/secrets/checked-secret.js';
import { isGuessableSecret } from '../settings/secrets/guessable-secret.js';

const DAY = 24 * 60 * 60;
/** For how long tokens of the FastAPI service may be honoured, in seconds. */
const LEGACY_WINDOW = 30 * DAY;

/** What a host may choose about the users of a FastAPI service. */
export interface FastapiOptions {
  /** Honours the tokens of the FastAPI service whose users were imported, for a time. Default: none are. */
  legacyTokens?: LegacyTokenOptions;
}

/** For the days after the FastAPI service is gone, so that nobody has to sign in again. */
export interface LegacyTokenOptions {
  /** The `SECRET_KEY` of that service; at least 32 bytes of UTF-8. */
  secretKey: string;
  /** From then on its tokens are refused. At most 30 days from now; one that has passed is as if there were none. */
  until: Date;
}

/** The options that a host gave, checked once. {@link FastapiOptions} says what each means. */
export class FastapiSettings {
  /** `undefined`: none are honoured. */
  readonly legacyTokens: LegacyTokenOptions | undefined;
  /** Whether the key is an example or repeats itself, of which a host is warned. */
  readonly secretIsGuessable: boolean;

  /** @throws {RangeError} naming the option that is wrong and what it may be; never its value. */
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
  // A refresh token that was used is remembered by its session, so that must not be gone while the token lives.
  if (auth.sessionMaxTtl < 7 * DAY)
    throw new RangeError('sessionMaxTtl must be at least 7 days (604800) for legacyTokens');
  return { secretKey, until };
}
