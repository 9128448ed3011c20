import { type Parser, secretOfBytes } from '../../env/settings/parsers.js';
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

/** Date, meaning midnight UTC, or timestamp with a UTC offset (ISO 8601, RFC 3339). */
function moment(): Parser<Date> {
  return {
    mayBe: 'a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z',
    parse: (text) => {
      const [, date] =
        /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
      // V8 accepts 31 February as a day in March.
      const exists = date !== undefined && new Date(date).toJSON()?.startsWith(date);
      const time = new Date(text);
      return exists && !Number.isNaN(time.getTime()) ? time : undefined;
    },
  };
}
