import { moment, secretOfBytes } from '../../env/settings/parsers.js';
import type { Setting } from '../../env/settings/setting.js';

/** Settings of the stand-alone service for tokens of the FastAPI service. */
export const legacySettings = {
  LEGACY_SECRET_KEY: {
    is: secretOfBytes(32),
    secret: true,
    means: 'SECRET_KEY of the FastAPI service. Its tokens are accepted until LEGACY_TOKENS_UNTIL.',
    unset: 'its tokens are rejected',
  },
  LEGACY_TOKENS_UNTIL: {
    is: moment(),
    means: 'End of the migration from the FastAPI service, at most 30 days from now.',
    unset: 'required with LEGACY_SECRET_KEY',
  },
} as const satisfies Record<string, Setting>;
