import type { SettingValues } from '../../env/settings/settings.js';
import type { FastapiOptions } from '../fastapi-settings.js';

/** Returns the settings of the stand-alone service as options of `FastapiModule`. */
export function fastapiOptions({ LEGACY_SECRET_KEY, LEGACY_TOKENS_UNTIL }: SettingValues): FastapiOptions {
  return {
    legacyTokens:
      LEGACY_SECRET_KEY !== undefined && LEGACY_TOKENS_UNTIL !== undefined
        ? { secretKey: LEGACY_SECRET_KEY, until: LEGACY_TOKENS_UNTIL }
        : undefined,
  };
}
